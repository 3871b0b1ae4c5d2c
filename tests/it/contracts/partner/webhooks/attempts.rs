//! The log of attempts.

use crate::app::{Caller, Hook, Pairing, Receiver, Reply, TestApp, both};
use anyhow::Result;
use reqwest::StatusCode;
use serde_json::{Value, json};

both!(every_attempt_is_listed, attempts_are_filtered_and_paged);

async fn every_attempt_is_listed(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let replies = [Reply::status(500).body("no\0t now"), Reply::reset(), Reply::status(201).body("thanks")];
    let receiver = Receiver::replying(replies).await?;
    let hook = caller.hook(&receiver, json!({})).await?;
    let event = caller.publish("meter.read", json!({ "n": 7 })).await?;
    let attempts = caller.attempts(&hook, 3).await?;
    let words = |name: &str| attempts.iter().map(|one| one[name].clone()).collect::<Vec<_>>();
    assert_eq!(words("attempt"), [3, 2, 1].map(Value::from), "the newest first");
    assert_eq!(words("status"), ["success", "retrying", "retrying"].map(Value::from));
    assert_eq!(words("responseStatus"), [json!(201), Value::Null, json!(500)]);
    assert_eq!(words("responseBody"), [json!("thanks"), Value::Null, json!("no\u{fffd}t now")]);
    assert_eq!(words("errorClass"), [Value::Null, json!("reset"), json!("status")]);
    assert_eq!(words("error")[2], "the receiver answered 500");
    for (attempt, sent) in attempts.iter().rev().zip(receiver.arrivals()) {
        assert_eq!((&attempt["eventId"], sent.id()), (&json!(event), &*event));
        assert_eq!((&attempt["webhookId"], &attempt["url"]), (&json!(hook.id), &json!(receiver.url())));
        assert_eq!((&attempt["eventType"], &attempt["sequence"]), (&json!("meter.read"), &json!(1)));
        assert_eq!(attempt["requestPayload"], sent.json());
        let headers = &attempt["requestHeaders"];
        assert_eq!(
            (&headers["webhook-id"], &headers["content-type"]),
            (&json!(event), &json!("application/json"))
        );
        assert!(!attempt.to_string().contains(&hook.secret) && !attempt.to_string().contains("whsec_"));
        assert!(attempt["sentAt"].as_str() >= attempt["dueAt"].as_str(), "{attempt}");
    }
    app.drain().await
}

/// The numbers of the events on a page, and what is said of the pages.
async fn page(caller: &Caller, hook: &Hook, query: &str) -> Result<(Vec<u64>, Value)> {
    let answer = caller.get(&format!("{}/deliveries?{query}", hook.path)).await?;
    assert_eq!(answer.status, 200, "{answer:?}");
    let body = answer.json();
    let attempts = body["data"].as_array().unwrap().iter();
    Ok((attempts.map(|one| one["sequence"].as_u64().unwrap()).collect(), body["pagination"].clone()))
}

async fn attempts_are_filtered_and_paged(pairing: Pairing) -> Result<()> {
    let (app, caller) =
        TestApp::delivering(pairing, |settings| settings.webhooks.schedule.truncate(2)).await?;
    let script = |sent: &crate::app::Arrival| Reply::status(if sent.number() == 1 { 500 } else { 200 });
    let hook = caller.hook(&Receiver::answering(script).await?, json!({ "ordered": true })).await?;
    caller.publish_many(3).await?;
    caller.attempts(&hook, 4).await?;
    caller.tell(&hook, "pause").await?;
    caller.publish_many(1).await?;
    caller.shown_when(&hook, "one waits", |hook| hook["backlog"] == 1).await?;
    for (status, found) in
        [("pending", vec![4]), ("success", vec![3, 1]), ("failed", vec![2]), ("retrying", vec![2])]
    {
        assert_eq!(page(&caller, &hook, &format!("status={status}")).await?.0, found, "{status}");
    }
    let expected =
        json!({ "page": 2, "limit": 2, "total": 5, "totalPages": 3, "hasNext": true, "hasPrev": true });
    assert_eq!(page(&caller, &hook, "page=2&limit=2").await?, (vec![2, 2], expected));
    assert_eq!(page(&caller, &hook, "page=3&limit=2").await?.0, [1]);
    assert_eq!(page(&caller, &hook, "page=1000000000000&limit=100").await?.0, [0; 0]);
    assert_eq!(page(&caller, &hook, "").await?.1["limit"], 20);
    for (query, limit) in [("limit=101", 100), ("limit=0", 1), ("limit=&page=1.0", 20)] {
        assert_eq!(page(&caller, &hook, query).await?.1["limit"], limit, "{query}");
    }
    for bad in ["page=0", "page=x", "page=-1", "page=1.5", "limit=1.5", "limit=x", "status=lost"] {
        let answer = caller.get(&format!("{}/deliveries?{bad}", hook.path)).await?;
        let details = answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
        assert!(details.to_string().contains(bad.split('=').next().unwrap()), "{bad}: {details}");
    }
    caller.tell(&hook, "resume").await?;
    app.drain().await
}
