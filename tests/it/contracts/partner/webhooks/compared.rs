//! Receivers check whether they have everything.

use crate::app::{Arrival, Caller, Hook, Pairing, Receiver, Reply, TestApp, both};
use anyhow::Result;
use chrono::SecondsFormat;
use reqwest::StatusCode;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{collections::BTreeSet, fmt::Write};

both!(
    the_digest_is_that_of_what_arrived,
    what_has_not_arrived_is_counted,
    only_what_came_within_the_time_is_told
);

async fn reconcile(caller: &Caller, hook: &Hook, query: &str) -> Result<Value> {
    let answer = caller.get(&format!("{}/reconcile?{query}", hook.path)).await?;
    assert_eq!(answer.status, 200, "{answer:?}");
    Ok(answer.json()["data"].take())
}

/// As a receiver computes it from what it has.
fn digest(arrivals: &[Arrival]) -> String {
    let ids: BTreeSet<_> = arrivals.iter().map(Arrival::id).collect();
    let text: String = ids.into_iter().flat_map(|id| [id, "\n"]).collect();
    Sha256::digest(text).iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

async fn the_digest_is_that_of_what_arrived(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let receiver = Receiver::replying([Reply::status(500), Reply::ok(), Reply::reset()]).await?;
    let hook = caller.hook(&receiver, json!({})).await?;
    let nothing = reconcile(&caller, &hook, "since=2020-01-01T00:00:00Z").await?;
    assert_eq!((&nothing["count"], &nothing["firstSequence"]), (&json!(0), &Value::Null));
    assert_eq!(nothing["digest"], digest(&[]));
    caller.publish_many(12).await?;
    caller.attempts(&hook, 14).await?;
    let told = reconcile(&caller, &hook, "since=2020-01-01T00:00:00Z").await?;
    for (field, value) in [
        ("count", json!(12)),
        ("delivered", json!(12)),
        ("pending", json!(0)),
        ("failed", json!(0)),
        ("firstSequence", json!(1)),
        ("lastSequence", json!(12)),
        ("digest", json!(digest(&receiver.arrivals()))),
        ("since", json!("2020-01-01T00:00:00.000Z")),
    ] {
        assert_eq!(told[field], value, "{field}: {told}");
    }
    app.drain().await
}

async fn what_has_not_arrived_is_counted(pairing: Pairing) -> Result<()> {
    let (app, caller) =
        TestApp::delivering(pairing, |settings| settings.webhooks.schedule.truncate(2)).await?;
    let receiver =
        Receiver::answering(|sent| Reply::status(if sent.number() == 0 { 500 } else { 200 })).await?;
    let hook = caller.hook(&receiver, json!({})).await?;
    caller.publish_many(3).await?;
    caller.attempts(&hook, 4).await?;
    caller.tell(&hook, "pause").await?;
    caller.publish_many(1).await?;
    caller.shown_when(&hook, "one waits", |hook| hook["backlog"] == 1).await?;
    let told = reconcile(&caller, &hook, "since=2020-01-01T00:00:00Z").await?;
    let counts = ["count", "delivered", "pending", "failed"].map(|name| told[name].as_u64().unwrap());
    assert_eq!(counts, [4, 2, 1, 1]);
    assert_ne!(told["digest"], digest(&receiver.arrivals()), "one is missing");
    receiver.answer(|_| Reply::ok());
    caller.tell(&hook, "resume").await?;
    receiver.arrived(5).await?;
    caller.post(&format!("{}/replay", hook.path), &json!({ "failedSince": "2020-01-01T00:00:00Z" })).await?;
    caller.attempts(&hook, 6).await?;
    let told = reconcile(&caller, &hook, "since=2020-01-01T00:00:00Z").await?;
    assert_eq!((&told["delivered"], &told["digest"]), (&json!(4), &json!(digest(&receiver.arrivals()))));
    app.drain().await
}

async fn only_what_came_within_the_time_is_told(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let receiver = Receiver::start().await?;
    let hook = caller.hook(&receiver, json!({})).await?;
    caller.publish_many(2).await?;
    caller.attempts(&hook, 2).await?;
    let middle = app.kernel.clock.now().to_rfc3339_opts(SecondsFormat::Micros, true);
    caller.publish_many(3).await?;
    caller.attempts(&hook, 5).await?;
    let before = reconcile(&caller, &hook, &format!("since=2020-01-01T00:00:00Z&until={middle}")).await?;
    assert_eq!((&before["count"], &before["lastSequence"]), (&json!(2), &json!(2)));
    let after = reconcile(&caller, &hook, &format!("since={middle}")).await?;
    assert_eq!((&after["count"], &after["firstSequence"]), (&json!(3), &json!(3)));
    let late: Vec<_> = receiver.arrivals().into_iter().filter(|sent| sent.sequence() > 2).collect();
    assert_eq!(after["digest"], digest(&late));
    assert_eq!(reconcile(&caller, &hook, "since=2100-01-01T00:00:00Z").await?["count"], 0);
    let backwards = "since=2020-01-02T00:00:00Z&until=2020-01-01T00:00:00Z";
    for bad in ["", "since=yesterday", "since=2020-01-01T00:00:00Z&until=x", backwards] {
        let answer = caller.get(&format!("{}/reconcile?{bad}", hook.path)).await?;
        answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
    }
    app.drain().await
}
