//! Pause, resume, and new secrets.

use crate::app::{Pairing, Receiver, TestApp, both, spread};
use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::StatusCode;
use serde_json::json;
use webhooks::wire::{MOST_SECRETS, OVERLAP};

both!(
    a_pause_keeps_what_comes_and_a_resume_is_paced,
    both_secrets_sign_for_a_day,
    under_load_there_is_always_a_secret_that_verifies,
    a_weak_new_secret_is_refused,
    so_many_secrets_sign_and_no_more,
);

async fn a_pause_keeps_what_comes_and_a_resume_is_paced(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |settings| settings.webhooks.resume_rate = 10).await?;
    let (paused, other) = (Receiver::start().await?, Receiver::start().await?);
    let hook = caller.hook(&paused, json!({})).await?;
    caller.hook(&other, json!({})).await?;
    caller.tell(&hook, "pause").await?;
    let shown = caller.shown(&hook).await?;
    assert_eq!((&shown["status"], &shown["isActive"]), (&json!("paused"), &json!(false)));
    caller.publish_many(11).await?;
    other.arrived(11).await?;
    let shown = caller.shown_when(&hook, "all wait", |hook| hook["backlog"] == 11).await?;
    assert_eq!((&shown["lastSequence"], paused.arrivals().len()), (&json!(11), 0));
    caller.tell(&hook, "pause").await?;
    caller.tell(&hook, "resume").await?;
    let attempts = caller.attempts(&hook, 11).await?;
    // A second, less what a timer may be early.
    assert!(spread(&attempts) >= TimeDelta::milliseconds(900), "ten a second at first: {attempts:?}");
    assert_eq!(paused.arrivals().len(), 11);
    assert!(attempts.iter().all(|one| one["attempt"] == 1), "a pause uses no attempts up");
    assert_eq!(caller.shown(&hook).await?["status"], "active");
    for kind in ["webhook.paused", "webhook.resumed"] {
        assert_eq!(app.events_of(kind).await?.len(), 1, "{kind}");
    }
    app.drain().await
}

async fn both_secrets_sign_for_a_day(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let receiver = Receiver::start().await?;
    let hook = caller.hook(&receiver, json!({})).await?;
    let answer = caller.post(&format!("{}/rotate", hook.path), &json!({})).await?;
    assert_eq!(answer.status, 200, "{answer:?}");
    let new = answer.json()["data"]["secret"].as_str().unwrap().to_owned();
    assert_ne!(new, hook.secret);
    for (hours, old_signs) in [(0, true), (23, true), (2, false)] {
        app.at_rest().await?;
        app.clock.advance(TimeDelta::hours(hours));
        let count = receiver.arrivals().len();
        caller.publish_many(1).await?;
        let sent = receiver.arrived(count + 1).await?.remove(count);
        assert_eq!(
            (sent.is_signed_with(&new), sent.is_signed_with(&hook.secret)),
            (true, old_signs),
            "{hours}"
        );
        let signatures = sent.header("webhook-signature").split(' ').count();
        assert_eq!(signatures, 1 + usize::from(old_signs));
    }
    let own = "a secret of the partner's own";
    let answer = caller.post(&format!("{}/rotate", hook.path), &json!({ "secret": own })).await?.json();
    assert_eq!(answer["data"]["secret"], own);
    caller.publish_many(1).await?;
    let sent = receiver.arrived(4).await?.remove(3);
    assert_eq!([own, &new, &hook.secret].map(|secret| sent.is_signed_with(secret)), [true, true, false]);
    assert!(!caller.get(&hook.path).await?.text.contains(own));
    app.drain().await
}

async fn under_load_there_is_always_a_secret_that_verifies(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let receiver = Receiver::start().await?;
    let hook = caller.hook(&receiver, json!({})).await?;
    let (mut secrets, path) = (vec![hook.secret.clone()], format!("{}/rotate", hook.path));
    let rotate = async {
        for count in [10, 40, 70] {
            receiver.arrived(count).await?;
            let answer = caller.post(&path, &json!({})).await?.json();
            secrets.push(answer["data"]["secret"].as_str().unwrap().to_owned());
        }
        anyhow::Ok(())
    };
    tokio::try_join!(async { caller.publish_many(100).await.map(drop) }, rotate)?;
    for sent in receiver.arrived(100).await? {
        assert!(secrets.iter().any(|secret| sent.is_signed_with(secret)), "{sent:?}");
        assert!(sent.is_signed_with(&secrets[0]), "the first one signs for a day: {sent:?}");
    }
    caller.publish_many(1).await?;
    let last = receiver.arrived(101).await?.remove(100);
    assert!(secrets.iter().all(|secret| last.is_signed_with(secret)), "{last:?}");
    app.drain().await
}

async fn a_weak_new_secret_is_refused(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let receiver = Receiver::start().await?;
    let hook = caller.hook(&receiver, json!({})).await?;
    let weak = json!({ "secret": "fifteen letters" });
    let answer = caller.post(&format!("{}/rotate", hook.path), &weak).await?;
    answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
    caller.publish_many(1).await?;
    let sent = receiver.arrived(1).await?.remove(0);
    assert!(sent.is_signed_with(&hook.secret) && !sent.header("webhook-signature").contains(' '));
    app.drain().await
}

async fn so_many_secrets_sign_and_no_more(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let receiver = Receiver::start().await?;
    let hook = caller.hook(&receiver, json!({})).await?;
    let rotate = async || caller.post(&format!("{}/rotate", hook.path), &json!({})).await;
    for _ in 1..MOST_SECRETS {
        assert_eq!(rotate().await?.status, 200);
    }
    let refused = rotate().await?;
    refused.refused(StatusCode::CONFLICT, "CONFLICT");
    let message = refused.json()["message"].as_str().unwrap().to_owned();
    let (said, until) = message.split_once("ceases at ").unwrap();
    assert!(said.starts_with(&format!("{MOST_SECRETS} secrets sign already")), "{message}");
    let until: DateTime<Utc> = until.parse()?;
    assert!((until - (app.clock.now() + OVERLAP)).abs() < TimeDelta::minutes(5), "{message}");
    caller.publish_many(1).await?;
    let sent = receiver.arrived(1).await?.remove(0);
    assert_eq!(sent.header("webhook-signature").split(' ').count(), MOST_SECRETS);
    app.at_rest().await?;
    app.clock.advance(until - app.clock.now() + TimeDelta::seconds(1));
    assert_eq!(rotate().await?.status, 200, "one has ceased");
    app.drain().await
}
