//! Nothing is locked during a call to a receiver: others can write, and a key in use is reported.

use crate::app::{Answer, Caller, PATIENCE, Pairing, Receiver, Reply, TestApp, allow_loopback, both};
use anyhow::{Context, Result};
use chrono::TimeDelta;
use entities::organization;
use harness::until;
use kernel::{
    UnitOfWork,
    events::Actor,
    idempotency::{self, Claimed},
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;

both!(
    others_write_while_a_receiver_is_waited_for,
    a_refused_test_leaves_its_key_free,
    whoever_goes_away_leaves_the_key_free,
    the_claim_of_a_killed_process_ends,
    our_own_shortage_is_not_the_receivers,
    a_few_at_a_time_are_tested,
);

const TEST: &str = "/api/v1/webhooks/test";

async fn test(caller: &Caller, key: &str, body: &Value) -> Result<Answer> {
    caller.send(caller.request(Method::POST, TEST).header("idempotency-key", key).json(body)).await
}

fn sample() -> Value {
    json!({ "eventType": "ticket.created" })
}

fn customer(email: &str) -> Value {
    json!({
        "email": email, "firstName": "John", "lastName": "Doe",
        "serviceAddress": { "street1": "1 Main", "city": "Escondido", "state": "CA", "zip": "92025" },
    })
}

/// Embedded there is one writer; scaled, so many connections.
async fn others_write_while_a_receiver_is_waited_for(pairing: Pairing) -> Result<()> {
    const TESTS: usize = 6;
    let mut app = TestApp::new(pairing, |settings| {
        allow_loopback(settings);
        settings.database.max_connections = TESTS;
    })
    .await?;
    app.work();
    let caller = app.serve().await?;
    let mut other = TestApp::with(app.kernel.settings.as_ref().clone()).await?;
    // Another process, and the same caller.
    let there = if pairing == Pairing::Scaled { other.serve().await? } else { caller.clone() };
    let there = there.with_key(caller.key());
    let receiver = Receiver::answering(|_| Reply::ok().held()).await?;
    caller.hook(&receiver, json!({})).await?;
    let tests = (0..TESTS).map(|number| {
        let caller = caller.clone();
        tokio::spawn(async move { test(&caller, &format!("key {number}"), &sample()).await })
    });
    let tests: Vec<_> = tests.collect();
    receiver.arrived(TESTS).await?;
    let stranger = caller.with_key(Some(&app.key("stranger").await?));
    let made = stranger.post("/api/v1/customers", &customer("a@example.com")).await?;
    assert_eq!(made.status, 201, "{made:?}");
    for elsewhere in [&caller, &there] {
        let told = test(elsewhere, "key 0", &sample()).await?;
        told.refused(StatusCode::CONFLICT, "CONFLICT");
        assert_eq!(told.header("retry-after"), "1");
        let reused = test(elsewhere, "key 0", &json!({ "eventType": "ticket.updated" })).await?;
        assert!([409, 422].contains(&reused.status), "{reused:?}");
    }
    receiver.let_go();
    for (number, made) in tests.into_iter().enumerate() {
        let first = made.await??;
        assert_eq!((first.status, &first.json()["data"]["delivered"]), (200, &json!(true)), "{first:?}");
        let again = test(&there, &format!("key {number}"), &sample()).await?;
        assert_eq!((again.header("idempotent-replayed"), &again.text), ("true", &first.text));
    }
    assert_eq!(receiver.arrivals().len(), TESTS, "nothing was sent again");
    other.drain().await?;
    app.drain().await
}

async fn a_refused_test_leaves_its_key_free(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    test(&caller, "key", &sample()).await?.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    caller.hook(&Receiver::start().await?, json!({})).await?;
    let made = test(&caller, "key", &sample()).await?;
    assert_eq!((made.status, made.header("idempotent-replayed")), (200, ""), "{made:?}");
    app.drain().await
}

async fn whoever_goes_away_leaves_the_key_free(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let receiver = Receiver::answering(|_| Reply::hang()).await?;
    caller.hook(&receiver, json!({})).await?;
    let gone = tokio::spawn({
        let caller = caller.clone();
        async move { test(&caller, "key", &sample()).await }
    });
    receiver.arrived(1).await?;
    gone.abort();
    receiver.answer(|_| Reply::ok());
    until("the key is free", PATIENCE, async || {
        let again = test(&caller, "key", &sample()).await?;
        assert!([200, 409].contains(&again.status), "{again:?}");
        Ok((again.status == 200).then_some(()))
    })
    .await?;
    app.drain().await
}

/// Of some caller's key.
const SCOPE: idempotency::Scope = [9; 32];

/// As a killed process leaves it: a row, and nobody who releases it.
async fn the_claim_of_a_killed_process_ends(pairing: Pairing) -> Result<()> {
    let (app, _) = TestApp::serving(pairing).await?;
    let found = organization::Entity::named("acme").one(app.kernel.db.reader()).await?;
    let actor = Actor::system(found.context("an organization")?.id);
    let claim = async |fingerprint| {
        let work = UnitOfWork::new(app.kernel.clone(), actor.clone());
        let claimed = idempotency::claim(&work, SCOPE, fingerprint).await?;
        work.rollback().await?;
        anyhow::Ok(claimed)
    };
    {
        let work = UnitOfWork::new(app.kernel.clone(), actor.clone());
        let claimed = idempotency::claim(&work, SCOPE, [1; 32]).await?;
        assert!(matches!(claimed, Claimed::First(_)));
        std::mem::forget(idempotency::open(&work, SCOPE, [1; 32]).await?);
    }
    assert!(matches!(claim([1; 32]).await?, Claimed::InUse));
    assert!(matches!(claim([2; 32]).await?, Claimed::Reused));
    // Longer than any request takes.
    app.clock.advance(TimeDelta::seconds(70));
    assert!(matches!(claim([1; 32]).await?, Claimed::InUse));
    app.clock.advance(TimeDelta::seconds(10));
    assert!(matches!(claim([1; 32]).await?, Claimed::First(_)));
    app.drain().await
}

/// All calls that may be under way are taken by the test itself, which is this process, too.
async fn our_own_shortage_is_not_the_receivers(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |settings| {
        settings.outbound.connections_per_organization = 1;
        settings.webhooks.timeout = Duration::from_millis(200);
        settings.http.request_timeout = Duration::from_secs(4);
    })
    .await?;
    let receiver = Receiver::start().await?;
    let hook = caller.hook(&receiver, json!({})).await?;
    let found = organization::Entity::named("acme").one(app.kernel.db.reader()).await?;
    let organization = found.context("an organization")?.id;
    let slot = app.kernel.outbound.slot(organization, PATIENCE).await?;
    caller.publish_many(2).await?;
    let tested = caller.post(TEST, &sample()).await?;
    assert_eq!((tested.status, tested.header("retry-after")), (503, "1"), "{tested:?}");
    let shown = caller.shown(&hook).await?;
    assert_eq!((&shown["failures"], &shown["backlog"]), (&json!(0), &json!(2)), "{shown}");
    assert_eq!(shown["lastDeliveryAt"], Value::Null, "{shown}");
    assert!(receiver.arrivals().is_empty());
    drop(slot);
    let attempts = caller.attempts(&hook, 2).await?;
    assert!(attempts.iter().all(|it| it["attempt"] == 1 && it["status"] == "success"), "{attempts:?}");
    app.drain().await
}

async fn a_few_at_a_time_are_tested(pairing: Pairing) -> Result<()> {
    const ALL: usize = 20;
    let (app, caller) = TestApp::delivering(pairing, |settings| {
        settings.webhooks.timeout = Duration::from_millis(500);
    })
    .await?;
    let receiver = Receiver::answering(|_| Reply::hang()).await?;
    for _ in 0..ALL {
        caller.hook(&receiver, json!({})).await?;
    }
    let tested = caller.post(TEST, &sample()).await?;
    let results = tested.json()["results"].as_array().cloned().context("results")?;
    assert_eq!((tested.status, results.len()), (200, ALL), "{tested:?}");
    assert!(results.iter().all(|it| it["delivered"] == false && it["error"].is_string()), "{results:?}");
    assert!(receiver.peak() <= 8, "{}", receiver.peak());
    app.drain().await
}
