//! Retry and replay: one attempt, failed ones, everything from a number.

use crate::app::{Arrival, Caller, Hook, PATIENCE, Pairing, Receiver, Reply, TestApp, both};
use anyhow::Result;
use harness::until;
use reqwest::{Method, StatusCode};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::{Value, json};
use std::time::Duration;

both!(
    a_retry_is_the_next_attempt,
    a_retry_is_sent_now_while_another_attempt_waits,
    a_retry_is_sent_while_the_breaker_is_open,
    what_is_under_way_is_written_as_it_went,
    a_retry_of_an_ordered_webhook_is_sent_now,
    what_waits_is_not_doubled,
    what_has_failed_since_is_sent_again,
    everything_from_a_number_on_is_sent_again,
    a_replay_of_failures_can_begin_at_a_number,
    a_replay_that_makes_no_sense_is_refused,
);

pub(super) async fn retry(caller: &Caller, hook: &Hook, attempt: &str) -> Result<crate::app::Answer> {
    let path = format!("{}/deliveries/{attempt}/retry", hook.path);
    caller.send(caller.request(Method::POST, &path)).await
}

async fn replay(caller: &Caller, hook: &Hook, what: Value) -> Result<Value> {
    let answer = caller.post(&format!("{}/replay", hook.path), &what).await?;
    assert_eq!(answer.status, 202, "{answer:?}");
    Ok(answer.json()["data"]["deliveries"].take())
}

async fn a_retry_is_the_next_attempt(pairing: Pairing) -> Result<()> {
    let (app, caller) =
        TestApp::delivering(pairing, |settings| settings.webhooks.schedule.truncate(1)).await?;
    let receiver = Receiver::replying([Reply::status(500)]).await?;
    let hook = caller.hook(&receiver, json!({})).await?;
    caller.publish("meter.read", json!({ "n": 0 })).await?;
    let mut last = caller.attempts(&hook, 1).await?.remove(0);
    assert_eq!((&last["status"], &last["attempt"]), (&json!("failed"), &json!(1)));
    for number in [2, 3] {
        // What has failed, and what has been taken, can be sent again.
        let answer = retry(&caller, &hook, last["id"].as_str().unwrap()).await?;
        assert_eq!(answer.status, 202, "{answer:?}");
        let attempts = caller.attempts(&hook, number).await?;
        assert_eq!(attempts[0]["id"], answer.json()["data"]["deliveryId"]);
        assert_eq!((&attempts[0]["attempt"], &attempts[0]["status"]), (&json!(number), &json!("success")));
        assert_eq!((&attempts[0]["sequence"], &attempts[0]["eventId"]), (&json!(1), &last["eventId"]));
        last = attempts[0].clone();
    }
    let arrivals = receiver.arrived(3).await?;
    assert!(arrivals.iter().all(|sent| sent.id() == arrivals[0].id() && sent.body == arrivals[0].body));
    for none in ["whd_01JD72MYR07AY8VVR14D2PF2DB", "x"] {
        retry(&caller, &hook, none).await?.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    }
    app.drain().await
}

async fn what_is_under_way_is_written_as_it_went(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let receiver = Receiver::replying([Reply::ok().held()]).await?;
    let hook = caller.hook(&receiver, json!({})).await?;
    caller.publish("meter.read", json!({ "n": 0 })).await?;
    receiver.arrived(1).await?;
    let under_way = caller.attempts_when(&hook, "one is under way", |all| all.len() == 1).await?;
    let answer = retry(&caller, &hook, under_way[0]["id"].as_str().unwrap()).await?;
    assert_eq!(answer.status, 202, "{answer:?}");
    receiver.let_go();
    let both_taken = |all: &[Value]| all.len() == 2 && all.iter().all(|one| one["status"] == "success");
    caller.attempts_when(&hook, "both are taken", both_taken).await?;
    app.drain().await?;
    assert_eq!(receiver.arrivals().len(), 2);
    Ok(())
}

async fn what_waits_is_not_doubled(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, hourly).await?;
    let receiver = Receiver::replying([Reply::status(500)]).await?;
    let (hook, _) = waiting(&app, &caller, &receiver, json!({})).await?;
    assert_eq!(replay(&caller, &hook, json!({ "fromSequence": 1 })).await?, 0);
    assert_eq!(caller.shown(&hook).await?["backlog"], 1);
    app.clock.advance(chrono::TimeDelta::hours(3));
    app.drain().await?;
    assert_eq!(receiver.arrivals().len(), 2);
    Ok(())
}

/// An event that has failed once, and waits for an hour.
async fn waiting(app: &TestApp, caller: &Caller, receiver: &Receiver, more: Value) -> Result<(Hook, Value)> {
    let hook = caller.hook(receiver, more).await?;
    caller.publish("meter.read", json!({ "n": 0 })).await?;
    let all = caller.attempts_when(&hook, "the second waits", |all| all.len() == 2).await?;
    assert_eq!((&all[0]["status"], &all[1]["status"]), (&json!("pending"), &json!("retrying")));
    // Nobody holds the webhook any more.
    app.at_rest().await?;
    Ok((hook, all[0].clone()))
}

/// The second attempt is an hour away.
fn hourly(settings: &mut platform::config::Settings) {
    settings.webhooks.schedule = vec![Duration::ZERO, Duration::from_hours(1), Duration::from_hours(1)];
}

async fn a_retry_is_sent_now_while_another_attempt_waits(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, hourly).await?;
    let receiver = Receiver::replying([Reply::status(500)]).await?;
    let (hook, waits) = waiting(&app, &caller, &receiver, json!({})).await?;
    let answer = retry(&caller, &hook, waits["id"].as_str().unwrap()).await?;
    assert_eq!(answer.status, 202, "{answer:?}");
    receiver.arrived(2).await?;
    let all = caller.attempts_when(&hook, "it is taken", |all| all[0]["status"] == "success").await?;
    assert_eq!(all[0]["id"], answer.json()["data"]["deliveryId"]);
    assert_eq!(all.iter().map(|one| one["attempt"].clone()).collect::<Vec<_>>(), [3, 2, 1].map(Value::from));
    assert_eq!((&all[1]["id"], &all[1]["errorClass"]), (&waits["id"], &json!("replaced")), "it is not made");
    app.clock.advance(chrono::TimeDelta::hours(3));
    app.drain().await?;
    assert_eq!(receiver.arrivals().len(), 2);
    Ok(())
}

async fn a_retry_is_sent_while_the_breaker_is_open(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |settings| {
        hourly(settings);
        settings.webhooks.breaker_failures = 1;
        settings.webhooks.breaker_pause = Duration::from_hours(1);
    })
    .await?;
    let receiver = Receiver::replying([Reply::status(500)]).await?;
    let (hook, waits) = waiting(&app, &caller, &receiver, json!({})).await?;
    assert!(!caller.shown(&hook).await?["heldUntil"].is_null(), "nothing is sent for an hour");
    retry(&caller, &hook, waits["id"].as_str().unwrap()).await?;
    receiver.arrived(2).await?;
    caller.attempts_when(&hook, "it is taken", |all| all[0]["status"] == "success").await?;
    app.drain().await
}

async fn a_retry_of_an_ordered_webhook_is_sent_now(pairing: Pairing) -> Result<()> {
    let (_app, caller) = TestApp::delivering(pairing, |settings| {
        // The webhook's session waits for the second attempt.
        settings.webhooks.schedule = vec![Duration::ZERO, Duration::from_hours(1)];
        settings.webhooks.linger = Duration::from_mins(1);
    })
    .await?;
    let receiver = Receiver::replying([Reply::status(500)]).await?;
    let hook = caller.hook(&receiver, json!({ "ordered": true })).await?;
    caller.publish("meter.read", json!({ "n": 0 })).await?;
    let all = caller.attempts_when(&hook, "the second waits", |all| all.len() == 2).await?;
    retry(&caller, &hook, all[0]["id"].as_str().unwrap()).await?;
    receiver.arrived(2).await?;
    caller.attempts_when(&hook, "it is taken", |all| all[0]["status"] == "success").await?;
    Ok(())
}

fn numbers(arrivals: &[Arrival]) -> Vec<u64> {
    let mut numbers: Vec<_> = arrivals.iter().map(Arrival::number).collect();
    numbers.sort_unstable();
    numbers
}

async fn what_has_failed_since_is_sent_again(pairing: Pairing) -> Result<()> {
    let (app, caller) =
        TestApp::delivering(pairing, |settings| settings.webhooks.schedule.truncate(1)).await?;
    let receiver =
        Receiver::answering(|sent| Reply::status(if sent.number() < 3 { 500 } else { 200 })).await?;
    let hook = caller.hook(&receiver, json!({ "ordered": true })).await?;
    caller.publish("meter.read", json!({ "n": 0 })).await?;
    caller.attempts(&hook, 1).await?;
    let since = app.kernel.clock.now();
    for number in 1..5 {
        caller.publish("meter.read", json!({ "n": number })).await?;
    }
    caller.attempts(&hook, 5).await?;
    receiver.answer(|_| Reply::ok());
    assert_eq!(replay(&caller, &hook, json!({ "failedSince": since })).await?, 2);
    caller.attempts(&hook, 7).await?;
    assert_eq!(numbers(&receiver.arrivals()), [0, 1, 1, 2, 2, 3, 4]);
    assert_eq!(replay(&caller, &hook, json!({ "failedSince": since })).await?, 0, "none is left");
    assert_eq!(replay(&caller, &hook, json!({ "failedSince": "2020-01-01T00:00:00Z" })).await?, 1);
    caller.attempts(&hook, 8).await?;
    app.drain().await?;
    assert_eq!(numbers(&receiver.arrivals()), [0, 0, 1, 1, 2, 2, 3, 4]);
    Ok(())
}

async fn everything_from_a_number_on_is_sent_again(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let receiver = Receiver::start().await?;
    let hook = caller.hook(&receiver, json!({})).await?;
    let events = caller.publish_many(4).await?;
    caller.attempts(&hook, 4).await?;
    assert_eq!(replay(&caller, &hook, json!({ "fromSequence": 3 })).await?, 2);
    let attempts = caller.attempts(&hook, 6).await?;
    assert_eq!(numbers(&receiver.arrivals()), [0, 1, 2, 2, 3, 3]);
    assert!(attempts.iter().all(|one| one["attempt"] == 1 || one["sequence"].as_u64() >= Some(3)));
    assert!(
        receiver.arrivals().iter().all(|sent| events.iter().any(|event| event == sent.id())),
        "the same ids"
    );
    assert_eq!(replay(&caller, &hook, json!({ "fromSequence": 5 })).await?, 0);
    assert_eq!(caller.shown(&hook).await?["lastSequence"], 4, "nothing has a new number");
    app.drain().await
}

async fn a_replay_of_failures_can_begin_at_a_number(pairing: Pairing) -> Result<()> {
    let (app, caller) =
        TestApp::delivering(pairing, |settings| settings.webhooks.schedule.truncate(1)).await?;
    let receiver =
        Receiver::answering(|sent| Reply::status(if sent.number() < 3 { 500 } else { 200 })).await?;
    let hook = caller.hook(&receiver, json!({ "ordered": true })).await?;
    caller.publish_many(5).await?;
    caller.attempts(&hook, 5).await?;
    receiver.answer(|_| Reply::ok());
    let both = json!({ "failedSince": "2020-01-01T00:00:00Z", "fromSequence": 3 });
    assert_eq!(replay(&caller, &hook, both).await?, 1);
    caller.attempts(&hook, 6).await?;
    assert_eq!(replay(&caller, &hook, json!({})).await?, 2, "all that have failed");
    caller.attempts(&hook, 8).await?;
    app.drain().await?;
    assert_eq!(numbers(&receiver.arrivals()), [0, 0, 1, 1, 2, 2, 3, 4]);
    Ok(())
}

async fn a_replay_that_makes_no_sense_is_refused(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let hook = caller.hook(&Receiver::start().await?, json!({})).await?;
    for (bad, field) in [
        (r#"{ "failedSince": "yesterday" }"#, "failedSince"),
        (r#"{ "fromSequence": 0 }"#, "fromSequence"),
        (r#"{ "fromSequence": 1e30 }"#, "fromSequence"),
        (r#"{ "fromSequence": 9223372036854775808 }"#, "fromSequence"),
        // As a float it might be another number than the one that was meant.
        (r#"{ "fromSequence": 1e17 }"#, "fromSequence"),
        // All that failed would be sent again.
        (r#"{ "formSequence": 3 }"#, "formSequence"),
    ] {
        let request = caller.request(Method::POST, &format!("{}/replay", hook.path));
        let answer = caller.send(request.header("content-type", "application/json").body(bad)).await?;
        answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
        assert_eq!(answer.json()["details"]["errors"][0]["field"], field, "{answer:?}");
    }
    app.drain().await
}

/// Otherwise the job of the endpoint could end without having seen what is made due, and count as open while
/// it is asked for: then nobody would look until the sweeper does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replay_waits_for_whoever_lets_go_of_the_endpoint() -> Result<()> {
    let (app, caller) = TestApp::delivering(Pairing::Scaled, |_| {}).await?;
    let receiver = Receiver::start().await?;
    let hook = caller.hook(&receiver, json!({})).await?;
    caller.publish("meter.read", json!({ "n": 0 })).await?;
    caller.attempts(&hook, 1).await?;
    app.at_rest().await?;
    let leaving = app.kernel.db.begin().await?;
    webhooks::lock_for_release(&leaving, hook.id.parse()?).await?;
    let waits = "select 1 from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'";
    let db = app.kernel.db.reader();
    let waits = async || {
        let found = db.query_one_raw(Statement::from_string(DbBackend::Postgres, waits)).await?;
        Ok(found.map(|_| ()))
    };
    let leave = async {
        until("the replay waits", PATIENCE, waits).await?;
        Ok(leaving.commit().await?)
    };
    let (count, ()) = tokio::try_join!(replay(&caller, &hook, json!({ "fromSequence": 1 })), leave)?;
    assert_eq!(count, 1);
    receiver.arrived(2).await?;
    app.drain().await
}
