//! Attempts after the first.

use crate::app::{Arrival, Caller, Hook, Pairing, Receiver, Reply, TestApp, both};
use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use std::time::Duration;

both!(
    the_id_is_the_same_over_retries,
    a_receiver_may_ask_for_twice_the_pause_and_no_more,
    gone_disables_at_once,
    a_resume_gives_a_disabled_endpoint_what_waited,
);

async fn the_id_is_the_same_over_retries(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let receiver = Receiver::replying([Reply::status(404), Reply::reset()]).await?;
    let hook = caller.hook(&receiver, json!({})).await?;
    let event = caller.publish("meter.read", json!({ "n": 0 })).await?;
    let attempts = caller.attempts(&hook, 3).await?;
    let arrivals = receiver.arrivals();
    assert_eq!(arrivals.len(), 3);
    for sent in &arrivals {
        assert_eq!((sent.id(), sent.sequence(), &sent.body), (&*event, 1, &arrivals[0].body));
        assert!(sent.is_signed_with(&hook.secret));
    }
    let ids: std::collections::BTreeSet<_> = attempts.iter().map(|one| one["id"].as_str()).collect();
    assert_eq!(ids.len(), 3, "each attempt has its own");
    app.drain().await
}

/// The pause between the first attempt of the event and the second, in seconds.
async fn pause(caller: &Caller, hook: &Hook, sequence: usize) -> Result<f64> {
    let of =
        |all: &[Value]| all.iter().filter(|one| one["sequence"] == sequence).cloned().collect::<Vec<_>>();
    let both = caller.attempts_when(hook, "the second one waits", |all| of(all).len() == 2).await?;
    let both = of(&both);
    let time = |value: &Value| value.as_str().unwrap().parse::<DateTime<Utc>>().unwrap();
    Ok((time(&both[0]["dueAt"]) - time(&both[1]["sentAt"])).as_seconds_f64())
}

async fn a_receiver_may_ask_for_twice_the_pause_and_no_more(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |settings| {
        settings.webhooks.schedule = vec![Duration::ZERO, Duration::from_secs(100)];
    })
    .await?;
    let asks = |seconds: &str, status| Reply::status(status).with("Retry-After", seconds);
    let receiver = Receiver::answering(move |sent: &Arrival| match sent.number() {
        0 => asks("130", 429),
        1 => asks("86400", 503),
        2 => asks("1", 429),
        3 => asks("130", 500),
        _ => Reply::status(503),
    })
    .await?;
    let hook = caller.hook(&receiver, json!({ "ordered": false })).await?;
    caller.publish_many(5).await?;
    // The pause is a hundred seconds give or take a fifth; an answer may take its time on a slow machine.
    for (sequence, least, most) in
        [(1, 130.0, 131.0), (2, 160.0, 241.0), (3, 80.0, 121.0), (4, 80.0, 121.0), (5, 80.0, 121.0)]
    {
        let pause = pause(&caller, &hook, sequence).await?;
        assert!((least..most + 4.0).contains(&pause), "{sequence}: {pause}");
    }
    receiver.answer(|_| Reply::ok());
    app.at_rest().await?;
    app.clock.advance(TimeDelta::seconds(300));
    receiver.arrived(10).await?;
    app.drain().await
}

async fn gone_disables_at_once(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let (gone, other) = (Receiver::answering(|_| Reply::status(410)).await?, Receiver::start().await?);
    let hook = caller.hook(&gone, json!({})).await?;
    caller.hook(&other, json!({})).await?;
    caller.publish_many(1).await?;
    let shown = caller.shown_when(&hook, "it is disabled", |hook| hook["status"] == "disabled").await?;
    assert_eq!(shown["statusReason"], "the receiver answered 410 Gone");
    let attempts = caller.attempts(&hook, 1).await?;
    assert_eq!((&attempts[0]["status"], &attempts[0]["responseStatus"]), (&json!("failed"), &json!(410)));
    assert_eq!(app.events_of("webhook.disabled").await?.len(), 1);
    caller.publish_many(1).await?;
    other.arrived(2).await?;
    assert_eq!(caller.shown(&hook).await?["lastSequence"], 1, "nothing more is meant for it");
    app.drain().await?;
    assert_eq!(gone.arrivals().len(), 1);
    Ok(())
}

async fn a_resume_gives_a_disabled_endpoint_what_waited(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let receiver = Receiver::answering(|_| Reply::status(410).held()).await?;
    let hook = caller.hook(&receiver, json!({ "concurrency": 1 })).await?;
    caller.publish_many(3).await?;
    caller.shown_when(&hook, "all are there", |hook| hook["backlog"] == 3).await?;
    receiver.arrived(1).await?;
    receiver.let_go();
    caller.shown_when(&hook, "it is disabled", |hook| hook["status"] == "disabled").await?;
    app.at_rest().await?;
    let first = receiver.arrivals().len();
    receiver.answer(|_| Reply::ok());
    caller.tell(&hook, "resume").await?;
    receiver.arrived(3).await?;
    app.drain().await?;
    assert_eq!((first, receiver.arrivals().len()), (1, 3));
    Ok(())
}
