//! A test sends an event at once, and says how it went.

use crate::app::{Pairing, Receiver, Reply, TestApp, both};
use anyhow::Result;
use reqwest::StatusCode;
use serde_json::{Value, json};

both!(nothing_to_test_is_not_found, one_or_all_are_tested, a_test_leaves_no_traces);

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
    let (hook, failing) = (caller.hook(&good, json!({})).await?, caller.hook(&bad, json!({})).await?);
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
    assert_eq!(all["results"].as_array().unwrap().len(), 2, "{all}");
    let told = &all["data"];
    assert_eq!(
        (&told["webhookId"], &told["delivered"]),
        (&json!(failing.id), &json!(false)),
        "the one that failed"
    );
    assert_eq!((&told["statusCode"], &told["error"]), (&json!(500), &json!("the receiver answered 500")));
    assert_eq!((good.arrivals()[1].number(), bad.arrivals()[0].number()), (1, 1));
    app.drain().await
}

async fn a_test_leaves_no_traces(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let receiver = Receiver::answering(|_| Reply::reset()).await?;
    let hook = caller.hook(&receiver, json!({})).await?;
    let before = caller.shown(&hook).await?;
    let tested = caller.post(TEST, &json!({ "eventType": "ticket.created" })).await?.json();
    assert_eq!((&tested["data"]["delivered"], &tested["data"]["statusCode"]), (&json!(false), &Value::Null));
    assert!(tested["data"]["error"].as_str().unwrap().starts_with("the connection ended"), "{tested}");
    assert_eq!(caller.shown(&hook).await?, before, "neither its numbers nor its health");
    assert_eq!(
        (app.count("deliveries").await?, app.jobs_of("webhook_fanout").await?),
        (0, 1),
        "of its own event"
    );
    app.drain().await
}
