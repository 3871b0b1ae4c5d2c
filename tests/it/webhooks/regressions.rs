//! Complaints of users of other delivery services, one test each.

use crate::app::{Arrival, Pairing, Receiver, Reply, SmtpServer, TestApp, both};
use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};
use harness::RedisServer;
use kernel::auth::keys::NewKey;
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};

both!(
    no_infinite_retries_and_no_uncounted_attempts,
    the_next_attempt_is_not_stuck_in_the_past,
    one_dead_endpoint_does_not_clog_everyone,
    auto_disable_fires,
    four_days_of_failures_do_not_disable,
    dns_errors_are_retried,
    an_ordered_endpoint_is_told_in_order,
    what_is_given_up_lets_the_next_one_go,
);

/// The first one on the list: a queue that comes back without its groups, and consumers that wait for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_comes_back_empty_stops_nothing() -> Result<()> {
    let redis = RedisServer::start()?;
    let (app, caller) =
        TestApp::delivering(Pairing::Scaled, |settings| settings.redis.url = redis.url()).await?;
    let receiver = Receiver::answering(|_| Reply::ok().held()).await?;
    let hook = caller.hook(&receiver, json!({})).await?;
    caller.publish_many(20).await?;
    receiver.arrived(10).await?;
    redis.kill();
    caller.publish_many(20).await?;
    redis.start_again()?;
    redis.flush_all()?;
    receiver.let_go();
    receiver.arrived(40).await?;
    caller.attempts(&hook, 40).await?;
    caller.publish_many(1).await?;
    receiver.arrived(41).await?;
    app.drain().await?;
    let ids: BTreeSet<_> = receiver.arrivals().iter().map(|sent| sent.id().to_owned()).collect();
    assert_eq!((ids.len(), receiver.arrivals().len()), (41, 41), "each once: no worker was lost");
    Ok(())
}

async fn no_infinite_retries_and_no_uncounted_attempts(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let receiver = Receiver::answering(|_| Reply::status(500)).await?;
    let hook = caller.hook(&receiver, json!({})).await?;
    caller.publish_many(2).await?;
    let attempts = caller.attempts(&hook, 6).await?;
    for two in attempts.chunks(3) {
        let words: Vec<_> = two.iter().map(|one| (one["attempt"].clone(), one["status"].clone())).collect();
        let expected = [(3, "failed"), (2, "retrying"), (1, "retrying")];
        assert_eq!(words, expected.map(|(number, word)| (json!(number), json!(word))));
    }
    assert_eq!(caller.shown(&hook).await?["failures"], 6);
    app.drain().await?;
    assert_eq!(receiver.arrivals().len(), 6, "as many as are counted");
    Ok(())
}

/// When an attempt is due, and when it was made.
fn times(attempt: &Value) -> [Option<DateTime<Utc>>; 2] {
    ["dueAt", "sentAt"].map(|name| attempt[name].as_str().map(|text| text.parse().unwrap()))
}

async fn the_next_attempt_is_not_stuck_in_the_past(pairing: Pairing) -> Result<()> {
    let hour = Duration::from_hours(1);
    let (mut app, caller) = TestApp::delivering(pairing, |settings| {
        settings.webhooks.schedule = vec![Duration::ZERO, hour, hour];
    })
    .await?;
    let receiver = Receiver::replying([Reply::status(500), Reply::status(500)]).await?;
    let hook = caller.hook(&receiver, json!({})).await?;
    caller.publish_many(1).await?;
    for number in [1, 2] {
        let made = |all: &[Value]| all.len() == number + 1 && all[0]["status"] == "pending";
        let attempts = caller.attempts_when(&hook, "the next one waits", made).await?;
        let ([Some(due), None], [_, Some(sent)]) = (times(&attempts[0]), times(&attempts[1])) else {
            panic!("{attempts:?}")
        };
        let pause = (due - sent).num_seconds();
        assert!((48 * 60..=72 * 60 + 5).contains(&pause), "an hour, give or take a fifth: {pause} s");
        app.at_rest().await?;
        if number == 2 {
            // Its time passes while nobody works.
            app.stop_workers().await?;
        }
        app.clock.advance(TimeDelta::hours(2));
    }
    app.work();
    let caller = app.serve().await?;
    receiver.arrived(3).await?;
    let attempts = caller.attempts(&hook, 3).await?;
    assert_eq!(attempts[0]["status"], "success");
    app.drain().await
}

async fn one_dead_endpoint_does_not_clog_everyone(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let [dead, alive, strange] = [
        Receiver::answering(|_| Reply::ok().held()).await?,
        Receiver::start().await?,
        Receiver::start().await?,
    ];
    let stranger = caller.with_key(Some(&app.key("stranger").await?));
    let hook = caller.hook(&dead, json!({})).await?;
    caller.hook(&alive, json!({})).await?;
    stranger.hook(&strange, json!({})).await?;
    caller.publish_many(50).await?;
    stranger.publish_many(50).await?;
    alive.arrived(50).await?;
    strange.arrived(50).await?;
    assert_eq!(dead.arrivals().len(), 10, "as many as may be under way");
    assert_eq!(caller.shown(&hook).await?["backlog"], 50);
    dead.let_go();
    dead.arrived(50).await?;
    app.drain().await
}

async fn auto_disable_fires(pairing: Pairing) -> Result<()> {
    let mail = SmtpServer::start(&[]).await?;
    let (app, caller) = TestApp::delivering(pairing, |settings| {
        settings.webhooks.breaker_failures = 3;
        settings.mail.url = format!("smtp://{}", mail.address());
    })
    .await?;
    let ops = Some("ops@acme.example".to_owned());
    app.key_with(NewKey { organization_email: ops, ..NewKey::plain("acme", "partner", "test") }).await?;
    let receiver = Receiver::answering(|_| Reply::status(500)).await?;
    let hook = caller.hook(&receiver, json!({})).await?;
    caller.publish_many(1).await?;
    caller.attempts(&hook, 3).await?;
    app.at_rest().await?;
    app.clock.advance(TimeDelta::days(5));
    caller.publish_many(1).await?;
    let shown = caller.shown_when(&hook, "it is disabled", |hook| hook["status"] == "disabled").await?;
    assert_eq!(shown["statusReason"], "only failures for too long");
    assert_eq!((&shown["isActive"], receiver.arrivals().len()), (&json!(false), 4));
    let events = app.events_of("webhook.disabled").await?;
    let [event] = &events[..] else { panic!("{events:?}") };
    let told: Value = event.payload.read()?;
    assert_eq!((&told["status"], &told["url"]), (&json!("disabled"), &json!(receiver.url())));
    // What waits stays, and what comes is not kept for it.
    caller.publish_many(1).await?;
    let backlog = caller.shown(&hook).await?;
    assert_eq!((&backlog["backlog"], &backlog["lastSequence"]), (&json!(1), &json!(2)));
    receiver.answer(|_| Reply::ok());
    caller.tell(&hook, "resume").await?;
    receiver.arrived(5).await?;
    let shown = caller.shown_when(&hook, "it works", |hook| hook["backlog"] == 0).await?;
    assert_eq!((&shown["status"], &shown["failures"]), (&json!("active"), &json!(0)));
    app.drain().await?;
    assert_eq!(receiver.arrivals().len(), 5);
    let mails = mail.mails();
    let [told] = &mails[..] else { panic!("{mails:?}") };
    assert_eq!(
        (&told.to[..], told.header("Subject")),
        (&["ops@acme.example".to_owned()][..], &*format!("Webhook {} has been disabled", hook.id))
    );
    assert!(told.text.contains("only failures for too long"), "{told:?}");
    Ok(())
}

async fn four_days_of_failures_do_not_disable(pairing: Pairing) -> Result<()> {
    let (app, caller) =
        TestApp::delivering(pairing, |settings| settings.webhooks.breaker_failures = 3).await?;
    let receiver = Receiver::answering(|_| Reply::status(500)).await?;
    let hook = caller.hook(&receiver, json!({})).await?;
    caller.publish_many(1).await?;
    caller.attempts(&hook, 3).await?;
    app.at_rest().await?;
    app.clock.advance(TimeDelta::days(4));
    receiver.answer(|sent| Reply::status(if sent.number() == 0 { 500 } else { 200 }));
    caller.publish("meter.read", json!({ "n": 0 })).await?;
    receiver.arrived(4).await?;
    caller.shown_when(&hook, "another failure", |hook| hook["failures"] == 4).await?;
    app.at_rest().await?;
    // One success begins the days anew.
    receiver.answer(|_| Reply::ok());
    app.clock.advance(TimeDelta::hours(1));
    caller.shown_when(&hook, "it is back", |hook| hook["failures"] == 0).await?;
    app.at_rest().await?;
    app.clock.advance(TimeDelta::days(4));
    receiver.answer(|_| Reply::status(500));
    caller.publish_many(1).await?;
    caller.attempts_when(&hook, "three more failures", |all| all.len() == 8).await?;
    assert_eq!(caller.shown(&hook).await?["status"], "active");
    assert_eq!(app.events_of("webhook.disabled").await?.len(), 0);
    app.drain().await
}

async fn dns_errors_are_retried(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    // A label may have 63 letters: the system refuses to ask for this one.
    let url = format!("http://{}.example.com/", "a".repeat(64));
    let hook = caller.hook(&Receiver::start().await?, json!({ "url": url })).await?;
    caller.publish_many(1).await?;
    let attempts = caller.attempts(&hook, 3).await?;
    assert!(attempts.iter().all(|one| one["errorClass"] == "dns"), "{attempts:?}");
    assert!(attempts[0]["error"].as_str().unwrap().starts_with("the host has no address"));
    app.drain().await
}

fn numbers(arrivals: &[Arrival]) -> Vec<u64> {
    arrivals.iter().map(Arrival::number).collect()
}

async fn an_ordered_endpoint_is_told_in_order(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let replies = [Reply::ok(), Reply::status(500), Reply::reset()];
    let receiver = Receiver::replying(replies).await?;
    let hook = caller.hook(&receiver, json!({ "ordered": true })).await?;
    caller.publish_many(20).await?;
    caller.attempts(&hook, 22).await?;
    let expected: Vec<_> = [0, 1, 1].into_iter().chain(1..20).collect();
    assert_eq!((numbers(&receiver.arrivals()), receiver.peak()), (expected, 1));
    app.drain().await
}

async fn what_is_given_up_lets_the_next_one_go(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let receiver =
        Receiver::answering(|sent| Reply::status(if sent.number() == 1 { 500 } else { 200 })).await?;
    let hook = caller.hook(&receiver, json!({ "ordered": true })).await?;
    caller.publish_many(4).await?;
    caller.attempts(&hook, 6).await?;
    assert_eq!(numbers(&receiver.arrivals()), [0, 1, 1, 1, 2, 3]);
    app.drain().await
}
