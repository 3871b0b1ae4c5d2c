//! A test sends an event immediately and returns the result.

use crate::app::{Pairing, Receiver, Reply, TestApp, both};
use anyhow::Result;
use reqwest::StatusCode;
use serde_json::{Value, json};

both!(
    nothing_to_test_is_not_found,
    one_or_all_are_tested,
    a_test_is_in_the_log_and_nowhere_else,
    tests_stand_where_they_were_made,
);

const TEST: &str = "/api/v1/webhooks/test";

async fn nothing_to_test_is_not_found(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let test = json!({ "eventType": "ticket.created" });
    caller.post(TEST, &test).await?.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    caller.hook(&Receiver::start().await?, json!({})).await?;
    let of_none = json!({ "eventType": "ticket.created", "webhookId": "wh_01JD72MYR07AY8VVR14D2PF2DB" });
    caller.post(TEST, &of_none).await?.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    let unknown = json!({ "eventType": "ticket.eaten" });
    caller.post(TEST, &unknown).await?.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
    app.drain().await
}

async fn one_or_all_are_tested(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let (good, bad) = (Receiver::start().await?, Receiver::answering(|_| Reply::status(500)).await?);
    let paused = caller.hook(&good, json!({})).await?;
    caller.tell(&paused, "pause").await?;
    let (failing, hook) = (caller.hook(&bad, json!({})).await?, caller.hook(&good, json!({})).await?);
    let mut test = json!({ "eventType": "customer.created", "webhookId": hook.id });
    let one = caller.post(TEST, &test).await?.json();
    let told = &one["data"];
    assert_eq!((&told["webhookId"], &told["url"]), (&json!(hook.id), &json!(good.url())), "{one}");
    assert_eq!(
        (&told["delivered"], &told["statusCode"], &told["error"]),
        (&true.into(), &200.into(), &Value::Null)
    );
    assert_eq!(one["results"].as_array().unwrap().len(), 1);
    let [sent] = &good.arrivals()[..] else { panic!("{:?}", good.arrivals()) };
    assert!(sent.is_signed_with(&hook.secret));
    assert_eq!(
        (sent.header("x-swell-event"), &sent.json()["type"]),
        ("customer.created", &json!("customer.created"))
    );
    assert_eq!(sent.json()["data"]["firstName"], "John", "a sample");
    test["payload"] = json!({ "n": 1 });
    test.as_object_mut().unwrap().remove("webhookId");
    let all = caller.post(TEST, &test).await?.json();
    assert_eq!(all["results"].as_array().unwrap().len(), 3, "{all}");
    let told = &all["data"];
    assert_eq!(
        (&told["webhookId"], &told["delivered"]),
        (&json!(failing.id), &json!(false)),
        "the first that is active"
    );
    assert_eq!((&told["statusCode"], &told["error"]), (&json!(500), &json!("the receiver answered 500")));
    assert_eq!((good.arrivals()[1].number(), bad.arrivals()[0].number()), (1, 1));
    caller.tell(&failing, "pause").await?;
    let all = caller.post(TEST, &test).await?.json();
    assert_eq!(
        (&all["data"]["webhookId"], &all["data"]["delivered"]),
        (&json!(hook.id), &json!(true)),
        "{all}"
    );
    caller.tell(&hook, "pause").await?;
    let all = caller.post(TEST, &test).await?.json();
    assert_eq!(all["data"]["webhookId"], json!(paused.id), "none is active");
    app.drain().await
}

async fn a_test_is_in_the_log_and_nowhere_else(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let receiver = Receiver::replying([Reply::reset(), Reply::status(500).body("no\0t now")]).await?;
    let hook = caller.hook(&receiver, json!({})).await?;
    let before = caller.shown(&hook).await?;
    let since = app.kernel.clock.now() - chrono::TimeDelta::hours(1);
    let test = json!({ "eventType": "ticket.created", "payload": { "n": 1 } });
    let tested = caller.post(TEST, &test).await?.json();
    assert_eq!((&tested["data"]["delivered"], &tested["data"]["statusCode"]), (&json!(false), &Value::Null));
    assert!(tested["data"]["error"].as_str().unwrap().starts_with("the connection ended"), "{tested}");
    for delivered in [false, true] {
        assert_eq!(caller.post(TEST, &test).await?.json()["data"]["delivered"], delivered);
    }
    assert_eq!(caller.shown(&hook).await?, before, "neither its numbers nor its health");
    assert_eq!(app.jobs_of("webhook_fanout").await?, 1, "of its own event");
    let log = caller.get(&format!("{}/deliveries", hook.path)).await?.json();
    let entries = log["data"].as_array().unwrap();
    let words = |name: &str| entries.iter().map(|one| one[name].clone()).collect::<Vec<_>>();
    let mut states = words("status").iter().map(Value::to_string).collect::<Vec<_>>();
    states.sort();
    assert_eq!(states, ["\"failed\"", "\"failed\"", "\"success\""], "{log}");
    assert_eq!((words("sequence"), words("attempt")), (vec![json!(0); 3], vec![json!(1); 3]));
    assert!(words("eventType").iter().all(|kind| kind == "ticket.created"), "{log}");
    let refused = entries.iter().find(|one| one["responseStatus"] == 500).unwrap();
    assert_eq!(
        (&refused["responseBody"], &refused["errorClass"]),
        (&json!("no\u{fffd}t now"), &json!("status"))
    );
    assert_eq!(refused["requestPayload"]["data"], json!({ "n": 1 }));
    assert!(
        refused["requestHeaders"]["webhook-id"].is_string() && !refused.to_string().contains(&hook.secret)
    );
    assert!(receiver.arrivals().iter().any(|sent| json!(sent.id()) == refused["eventId"]), "{log}");
    // What a receiver should have, and what is sent again, are none of tests.
    let query = format!("{}/reconcile?since={}", hook.path, since.format("%Y-%m-%dT%H:%M:%SZ"));
    assert_eq!(caller.get(&query).await?.json()["data"]["count"], 0);
    let replay = caller.post(&format!("{}/replay", hook.path), &json!({})).await?.json();
    assert_eq!(replay["data"]["deliveries"], 0);
    app.drain().await
}

async fn tests_stand_where_they_were_made(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let receiver = Receiver::start().await?;
    let hook = caller.hook(&receiver, json!({})).await?;
    let test = |n: u64| json!({ "eventType": "ticket.created", "payload": { "n": n } });
    for n in [0, 2, 3, 5] {
        caller.post(TEST, &test(n)).await?;
        if n % 3 == 0 {
            caller.publish("meter.read", json!({ "n": n + 1 })).await?;
            caller.attempts(&hook, usize::try_from(n)? + 2).await?;
        }
    }
    let read = async |query: &str| {
        let log = caller.get(&format!("{}/deliveries?{query}", hook.path)).await?.json();
        let told = |entry: &Value| entry["requestPayload"]["data"]["n"].as_u64().unwrap();
        anyhow::Ok(log["data"].as_array().unwrap().iter().map(told).collect::<Vec<_>>())
    };
    assert_eq!(read("limit=20").await?, [5, 4, 3, 2, 1, 0]);
    let mut pages = vec![];
    for page in 1..=3 {
        pages.extend(read(&format!("limit=2&status=success&page={page}")).await?);
    }
    assert_eq!(pages, [5, 4, 3, 2, 1, 0]);
    let kernel = &app.kernel;
    let explained = isp::explain::explain(kernel, &hook.id).await?.webhook.unwrap();
    let numbers: Vec<_> = explained.deliveries.first.iter().map(|it| it.record.sequence).collect();
    assert_eq!(numbers, [0, 2, 0, 0, 1, 0]);
    app.drain().await
}
