//! Misbehaving receivers.

use crate::app::{Caller, Pairing, Receiver, Reply, TestApp, both};
use anyhow::Result;
use serde_json::{Value, json};
use std::time::Duration;

both!(
    one_that_answers_byte_by_byte_is_given_up_in_time,
    one_whose_body_breaks_off_has_it_all_the_same,
    one_that_resets_has_failed,
    one_that_is_not_there_has_failed,
    of_a_hundred_megabytes_little_is_kept,
    a_redirect_is_a_failure_and_is_not_followed,
    one_that_hangs_costs_the_time_of_an_attempt,
);

/// One attempt at a receiver.
async fn attempt(caller: &Caller, receiver: &Receiver) -> Result<Value> {
    let hook = caller.hook(receiver, json!({})).await?;
    caller.publish("meter.read", json!({ "n": 0 })).await?;
    Ok(caller.attempts(&hook, 1).await?.remove(0))
}

async fn once(pairing: Pairing) -> Result<(TestApp, Caller)> {
    TestApp::delivering(pairing, |settings| {
        settings.webhooks.schedule.truncate(1);
        settings.webhooks.timeout = Duration::from_secs(1);
    })
    .await
}

async fn one_that_answers_byte_by_byte_is_given_up_in_time(pairing: Pairing) -> Result<()> {
    let (app, caller) = once(pairing).await?;
    // Each byte comes in good time, all of them do not.
    let receiver = Receiver::answering(|_| Reply::drip(Duration::from_millis(100))).await?;
    let attempt = attempt(&caller, &receiver).await?;
    assert_eq!((&attempt["status"], &attempt["errorClass"]), (&json!("failed"), &json!("timeout")));
    assert_eq!(attempt["error"], "no answer within 1 s");
    assert!(attempt["deliveryTime"].as_u64() >= Some(999), "{attempt}");
    app.drain().await
}

async fn one_whose_body_breaks_off_has_it_all_the_same(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let receiver = Receiver::answering(|_| Reply::ok().cut_short()).await?;
    let attempt = attempt(&caller, &receiver).await?;
    assert_eq!((&attempt["status"], &attempt["responseBody"]), (&json!("success"), &json!("taken")));
    let gone = Receiver::answering(|_| Reply::status(410).cut_short()).await?;
    let hook = caller.hook(&gone, json!({})).await?;
    caller.publish_many(1).await?;
    caller.shown_when(&hook, "it is disabled", |hook| hook["status"] == "disabled").await?;
    app.drain().await?;
    assert_eq!((receiver.arrivals().len(), gone.arrivals().len()), (2, 1), "nothing is sent again");
    Ok(())
}

async fn one_that_resets_has_failed(pairing: Pairing) -> Result<()> {
    let (app, caller) = once(pairing).await?;
    let attempt = attempt(&caller, &Receiver::answering(|_| Reply::reset()).await?).await?;
    assert_eq!((&attempt["status"], &attempt["errorClass"]), (&json!("failed"), &json!("reset")));
    app.drain().await
}

async fn one_that_is_not_there_has_failed(pairing: Pairing) -> Result<()> {
    let (app, caller) = once(pairing).await?;
    let url = format!("http://127.0.0.1:{}/", harness::free_port());
    let hook = caller.hook(&Receiver::start().await?, json!({ "url": url })).await?;
    caller.publish_many(1).await?;
    let attempt = caller.attempts(&hook, 1).await?.remove(0);
    assert_eq!((&attempt["status"], &attempt["errorClass"]), (&json!("failed"), &json!("connect")));
    app.drain().await
}

async fn of_a_hundred_megabytes_little_is_kept(pairing: Pairing) -> Result<()> {
    let (app, caller) = once(pairing).await?;
    let attempt = attempt(&caller, &Receiver::answering(|_| Reply::flood(100_000_000)).await?).await?;
    assert_eq!((&attempt["status"], &attempt["responseStatus"]), (&json!("success"), &json!(200)));
    assert_eq!(attempt["responseBody"].as_str().map(str::len), Some(16 << 10));
    app.drain().await
}

async fn a_redirect_is_a_failure_and_is_not_followed(pairing: Pairing) -> Result<()> {
    let (app, caller) = once(pairing).await?;
    let target = Receiver::start().await?;
    for to in [target.url(), "http://10.0.0.1/".into(), "http://169.254.169.254/latest".into()] {
        let receiver = Receiver::answering(move |_| Reply::status(302).with("Location", &to)).await?;
        let attempt = attempt(&caller, &receiver).await?;
        assert_eq!((&attempt["status"], &attempt["responseStatus"]), (&json!("failed"), &json!(302)));
        assert_eq!((&attempt["errorClass"], receiver.arrivals().len()), (&json!("status"), 1));
        caller.delete(&format!("/api/v1/webhooks/{}", attempt["webhookId"].as_str().unwrap())).await?;
    }
    app.drain().await?;
    assert_eq!(target.connections(), 0);
    Ok(())
}

async fn one_that_hangs_costs_the_time_of_an_attempt(pairing: Pairing) -> Result<()> {
    let (app, caller) = once(pairing).await?;
    let attempt = attempt(&caller, &Receiver::answering(|_| Reply::hang()).await?).await?;
    assert_eq!((&attempt["status"], &attempt["errorClass"]), (&json!("failed"), &json!("timeout")));
    app.drain().await
}
