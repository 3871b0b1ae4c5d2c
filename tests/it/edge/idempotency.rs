//! Idempotency keys.

use super::{CUSTOMERS, customer};
use crate::app::{Answer, Caller, PATIENCE, Pairing, TestApp, both, csv};
use anyhow::Result;
use chrono::TimeDelta;
use futures::{StreamExt, future::join_all, stream::FuturesUnordered};
use harness::until;
use kernel::auth::keys::NewKey;
use reqwest::{Method, StatusCode};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use std::time::Duration;

both!(
    a_request_sent_again_is_answered_as_before,
    a_key_belongs_to_one_request,
    a_key_belongs_to_its_caller_and_path,
    a_refused_request_leaves_its_key_free,
    while_the_first_is_under_way_others_wait,
    a_storm_of_the_same_request_does_it_once,
    an_upload_can_be_sent_again,
    jobs_are_enqueued_once,
    answers_are_kept_for_a_day,
    keys_that_are_none_are_refused,
);

async fn send(caller: &Caller, method: Method, path: &str, key: &str, body: &Value) -> Result<Answer> {
    caller.send(caller.request(method, path).header("idempotency-key", key).json(body)).await
}

async fn create(caller: &Caller, key: &str, email: &str) -> Result<Answer> {
    send(caller, Method::POST, CUSTOMERS, key, &customer(email)).await
}

/// The body and headers of a replay are those of the first answer, and it says whose they are.
fn assert_replay(first: &Answer, again: &Answer) {
    assert_eq!((again.status, &again.text), (first.status, &first.text));
    for name in ["content-type", "location", "retry-after"] {
        assert_eq!(again.header(name), first.header(name), "{name}");
    }
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(again.header("idempotent-request-id"), first.header("x-request-id"));
    assert_ne!(again.header("x-request-id"), first.header("x-request-id"));
    assert_eq!(first.header("idempotent-replayed"), "");
}

async fn a_request_sent_again_is_answered_as_before(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let first = create(&caller, "key 1", "a@example.com").await?;
    assert_eq!(first.status, 201, "{}", first.text);
    assert_replay(&first, &create(&caller, "key 1", "a@example.com").await?);
    assert_eq!((app.customers().await?, app.customer_events().await?), (1, 1));
    let path = format!("{CUSTOMERS}/{}", first.json()["data"]["id"].as_str().unwrap());
    let change = json!({ "firstName": "Jane" });
    let changed = send(&caller, Method::PATCH, &path, "key 2", &change).await?;
    assert_eq!(changed.status, 200, "{}", changed.text);
    caller.patch(&path, &json!({ "firstName": "Mary" })).await?;
    assert_replay(&changed, &send(&caller, Method::PATCH, &path, "key 2", &change).await?);
    assert_eq!(
        caller.get(&path).await?.json()["data"]["firstName"],
        "Mary",
        "the old change is not made again"
    );
    let reading = caller.request(Method::GET, &path).header("idempotency-key", "key 1");
    assert_eq!(caller.send(reading).await?.status, 200, "reading needs no key, and passes one over");
    app.drain().await
}

async fn a_key_belongs_to_one_request(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let first = create(&caller, "key", "a@example.com").await?;
    for (path, email) in [
        (CUSTOMERS, "b@example.com"),
        ("/api/v1/customers?x=1", "a@example.com"),
        ("/api/v1/customers?x=1", "b@example.com"),
    ] {
        let other = send(&caller, Method::POST, path, "key", &customer(email)).await?;
        other.refused(StatusCode::UNPROCESSABLE_ENTITY, "IDEMPOTENCY_KEY_REUSED");
    }
    assert_replay(&first, &create(&caller, "key", "a@example.com").await?);
    assert_eq!(app.customers().await?, 1);
    app.drain().await
}

async fn a_key_belongs_to_its_caller_and_path(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let first = create(&caller, "key", "a@example.com").await?;
    let path = format!("{CUSTOMERS}/{}", first.json()["data"]["id"].as_str().unwrap());
    let change = json!({ "firstName": "Jane" });
    let changed = send(&caller, Method::PATCH, &path, "key", &change).await?;
    assert_eq!((changed.status, changed.header("idempotent-replayed")), (200, ""), "another path");
    assert_replay(&changed, &send(&caller, Method::PATCH, &path, "key", &change).await?);
    let sandbox = NewKey { sandbox: true, ..NewKey::plain("acme", "partner", "test") };
    let callers = [
        ("colleague", app.key("acme").await?),
        ("sandbox", app.key_with(sandbox).await?.secret),
        ("stranger", app.key("stranger").await?),
    ];
    for (name, key) in callers {
        let other = caller.with_key(Some(&key));
        // The same address again within an organization is a conflict: the request was made anew.
        let same = create(&other, "key", "a@example.com").await?;
        let expected = if name == "stranger" { 201 } else { 409 };
        assert_eq!((same.status, same.header("idempotent-replayed")), (expected, ""), "{name}");
        if name != "stranger" {
            let own = create(&other, "key", &format!("{name}@example.com")).await?;
            assert_eq!((own.status, own.header("idempotent-replayed")), (201, ""), "{name}");
        }
    }
    assert_replay(&first, &create(&caller, "key", "a@example.com").await?);
    assert_eq!(app.customers().await?, 4);
    app.drain().await
}

async fn a_refused_request_leaves_its_key_free(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    create(&caller, "first", "taken@example.com").await?;
    let missing = send(&caller, Method::POST, CUSTOMERS, "key", &json!({})).await?;
    missing.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
    let taken = create(&caller, "key", "taken@example.com").await?;
    taken.refused(StatusCode::CONFLICT, "CONFLICT");
    let corrected = create(&caller, "key", "free@example.com").await?;
    assert_eq!((corrected.status, corrected.header("idempotent-replayed")), (201, ""));
    app.drain().await
}

/// In one process and, where there can be several, in two.
async fn while_the_first_is_under_way_others_wait(pairing: Pairing) -> Result<()> {
    let (app, here) = TestApp::serving(pairing).await?;
    let mut other = TestApp::with(app.kernel.settings.as_ref().clone()).await?;
    let there = if pairing == Pairing::Scaled { other.serve().await? } else { here.clone() };
    let there = there.with_key(here.key());
    let made = create(&here, "make", "a@example.com").await?;
    let path = format!("{CUSTOMERS}/{}", made.json()["data"]["id"].as_str().unwrap());
    let change = json!({ "firstName": "Jane" });
    for (key, elsewhere) in [("key 1", &here), ("key 2", &there)] {
        // A lock of the customer's row (embedded: of the only writer) delays every change of it.
        let holder = app.kernel.db.begin().await?;
        holder.execute_unprepared("update customers set first_name = first_name").await?;
        let both = [&here, elsewhere].map(|caller| send(caller, Method::PATCH, &path, key, &change));
        let mut both: FuturesUnordered<_> = both.into_iter().collect();
        let told = both.next().await.unwrap()?;
        told.refused(StatusCode::CONFLICT, "CONFLICT");
        assert_eq!(told.header("retry-after"), "1");
        holder.rollback().await?;
        let first = both.next().await.unwrap()?;
        assert_eq!(first.status, 200, "{}", first.text);
        assert_replay(&first, &send(elsewhere, Method::PATCH, &path, key, &change).await?);
    }
    other.drain().await?;
    app.drain().await
}

async fn a_storm_of_the_same_request_does_it_once(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let answers = join_all((0..40).map(|_| create(&caller, "storm", "a@example.com"))).await;
    let answers = answers.into_iter().collect::<Result<Vec<_>>>()?;
    let first: Vec<_> = answers
        .iter()
        .filter(|answer| answer.status == 201 && answer.header("idempotent-replayed").is_empty())
        .collect();
    assert_eq!(first.len(), 1);
    for other in
        answers.iter().filter(|answer| answer.header("x-request-id") != first[0].header("x-request-id"))
    {
        match other.status {
            201 => assert_replay(first[0], other),
            _ => drop(other.refused(StatusCode::CONFLICT, "CONFLICT")),
        }
    }
    assert_eq!(app.customers().await?, 1);
    app.drain().await
}

async fn an_upload_can_be_sent_again(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let upload = |rows| {
        let request = caller.request(Method::POST, "/api/v1/bulk/customers/file");
        let request = request.header("idempotency-key", "file").header("content-type", "text/csv");
        caller.send(request.body(csv(rows)))
    };
    let first = upload(50).await?;
    assert_eq!(first.status, 202, "{}", first.text);
    assert_replay(&first, &upload(50).await?);
    upload(51).await?.refused(StatusCode::UNPROCESSABLE_ENTITY, "IDEMPOTENCY_KEY_REUSED");
    let job = caller.import_ended(first.json()["data"]["id"].as_str().unwrap()).await?;
    assert_eq!(job["status"], "COMPLETED");
    assert_replay(&first, &upload(50).await?);
    assert_eq!(app.customers().await?, 50);
    app.drain().await
}

async fn jobs_are_enqueued_once(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let bulk = json!({ "customers": [customer("a@example.com")] });
    let first = send(&caller, Method::POST, "/api/v1/bulk/customers", "bulk", &bulk).await?;
    assert_eq!(first.status, 202, "{}", first.text);
    assert_replay(&first, &send(&caller, Method::POST, "/api/v1/bulk/customers", "bulk", &bulk).await?);
    caller.import_ended(first.json()["data"]["id"].as_str().unwrap()).await?;
    assert_eq!((app.count("jobs").await?, app.customers().await?), (1, 1));
    app.drain().await
}

async fn answers_are_kept_for_a_day(pairing: Pairing) -> Result<()> {
    let mut app =
        TestApp::new(pairing, |settings| settings.retention.interval = Duration::from_millis(100)).await?;
    let caller = app.serve().await?;
    let first = create(&caller, "key", "a@example.com").await?;
    app.clock.advance(TimeDelta::hours(23));
    assert_replay(&first, &create(&caller, "key", "a@example.com").await?);
    app.clock.advance(TimeDelta::hours(2));
    create(&caller, "key", "a@example.com").await?.refused(StatusCode::CONFLICT, "CONFLICT");
    let again = create(&caller, "key", "b@example.com").await?;
    assert_eq!((again.status, again.header("idempotent-replayed")), (201, ""), "the key is free");
    assert_replay(&again, &create(&caller, "key", "b@example.com").await?);
    assert_eq!(app.count("idempotent_answers").await?, 1);
    app.clock.advance(TimeDelta::hours(25));
    app.work();
    until("old answers are swept", PATIENCE, async || {
        Ok((app.count("idempotent_answers").await? == 0).then_some(()))
    })
    .await?;
    app.drain().await
}

async fn keys_that_are_none_are_refused(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    for key in ["", &"k".repeat(256), "ünicode"] {
        let refused = create(&caller, key, "a@example.com").await?;
        let details = refused.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
        assert_eq!(details["errors"][0]["field"], "Idempotency-Key");
    }
    let twice = caller.request(Method::POST, CUSTOMERS).json(&customer("a@example.com"));
    let twice = twice.header("idempotency-key", "one").header("idempotency-key", "two");
    caller.send(twice).await?.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
    assert_eq!(create(&caller, &"k".repeat(255), "a@example.com").await?.status, 201);
    app.drain().await
}
