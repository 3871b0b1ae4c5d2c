//! Consecutive failures: the breaker pauses the endpoint without using up attempts.

use crate::app::{Pairing, Receiver, Reply, TestApp, both};
use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use std::time::Duration;

both!(ten_failures_open_the_breaker_and_what_waits_uses_no_attempts_up, a_resume_closes_the_breaker);

const HOUR: Duration = Duration::from_hours(1);

async fn ten_failures_open_the_breaker_and_what_waits_uses_no_attempts_up(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |settings| {
        settings.webhooks.schedule = vec![Duration::ZERO, HOUR, HOUR];
        settings.webhooks.resume_rate = 1000;
    })
    .await?;
    let (receiver, other) = (Receiver::answering(|_| Reply::status(500)).await?, Receiver::start().await?);
    let hook = caller.hook(&receiver, json!({ "concurrency": 1 })).await?;
    caller.hook(&other, json!({})).await?;
    caller.publish_many(14).await?;
    let held = |hook: &Value| hook["failures"] == 10 && !hook["heldUntil"].is_null();
    let shown = caller.shown_when(&hook, "the breaker is open", held).await?;
    let until: DateTime<Utc> = shown["heldUntil"].as_str().unwrap().parse()?;
    let last: DateTime<Utc> = shown["lastDeliveryAt"].as_str().unwrap().parse()?;
    assert_eq!((until - last).num_seconds(), 30);
    app.at_rest().await?;
    caller.publish_many(1).await?;
    other.arrived(15).await?;
    let shown = caller.shown_when(&hook, "all wait", |hook| hook["backlog"] == 15).await?;
    assert_eq!((&shown["status"], receiver.arrivals().len()), (&json!("active"), 10));
    let attempts = caller.attempts_when(&hook, "all are listed", |all| all.len() == 25).await?;
    let waiting = |number: u64| {
        attempts.iter().filter(|one| one["status"] == "pending" && one["attempt"] == number).count()
    };
    assert_eq!((waiting(1), waiting(2)), (5, 10), "what was held has not lost an attempt");
    // It fails again, once, and is left alone for twice as long.
    app.at_rest().await?;
    app.clock.advance(TimeDelta::seconds(31));
    let shown = caller.shown_when(&hook, "the trial has failed", |hook| hook["failures"] == 11).await?;
    let until: DateTime<Utc> = shown["heldUntil"].as_str().unwrap().parse()?;
    let last: DateTime<Utc> = shown["lastDeliveryAt"].as_str().unwrap().parse()?;
    assert_eq!(((until - last).num_seconds(), receiver.arrivals().len()), (60, 11));
    receiver.answer(|_| Reply::ok());
    app.at_rest().await?;
    app.clock.advance(TimeDelta::seconds(61));
    receiver.arrived(15).await?;
    let shown = caller.shown_when(&hook, "only retries wait", |hook| hook["backlog"] == 11).await?;
    assert_eq!((&shown["failures"], &shown["heldUntil"]), (&json!(0), &Value::Null));
    app.at_rest().await?;
    app.clock.advance(TimeDelta::hours(2));
    receiver.arrived(26).await?;
    caller.shown_when(&hook, "nothing waits", |hook| hook["backlog"] == 0).await?;
    app.drain().await?;
    assert_eq!(receiver.arrivals().len(), 26);
    Ok(())
}

async fn a_resume_closes_the_breaker(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |settings| {
        settings.webhooks.breaker_failures = 1;
        settings.webhooks.breaker_pause = HOUR;
        settings.webhooks.breaker_longest = HOUR;
    })
    .await?;
    let receiver = Receiver::replying([Reply::status(500)]).await?;
    let hook = caller.hook(&receiver, json!({})).await?;
    caller.publish_many(1).await?;
    caller.shown_when(&hook, "the breaker is open", |hook| !hook["heldUntil"].is_null()).await?;
    app.at_rest().await?;
    caller.tell(&hook, "resume").await?;
    receiver.arrived(2).await?;
    caller
        .shown_when(&hook, "it is well", |hook| hook["heldUntil"].is_null() && hook["backlog"] == 0)
        .await?;
    app.drain().await
}
