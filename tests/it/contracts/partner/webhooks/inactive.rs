//! A paused or disabled webhook sends nothing again until it is resumed.

use super::replayed::retry;
use crate::app::{Caller, Hook, Pairing, Receiver, Reply, TestApp, both};
use anyhow::Result;
use reqwest::StatusCode;
use serde_json::json;

both!(what_waits_is_not_sent_again_while_paused, a_disabled_webhook_is_resumed_before_anything_else);

async fn what_waits_is_not_sent_again_while_paused(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let receiver = Receiver::start().await?;
    let hook = caller.hook(&receiver, json!({})).await?;
    caller.tell(&hook, "pause").await?;
    caller.publish("meter.read", json!({ "n": 0 })).await?;
    let waiting = caller.attempts_when(&hook, "one waits", |all| all.len() == 1).await?;
    let id = waiting[0]["id"].as_str().unwrap();
    nothing_is_sent_again(&caller, &hook, id, "paused").await?;
    assert_eq!(caller.shown(&hook).await?["backlog"], 1);
    caller.tell(&hook, "resume").await?;
    caller.attempts(&hook, 1).await?;
    app.drain().await?;
    assert_eq!(receiver.arrivals().len(), 1);
    Ok(())
}

/// Neither a retry nor a replay is taken while the webhook is in this state, and the refusal says why.
async fn nothing_is_sent_again(caller: &Caller, hook: &Hook, attempt: &str, state: &str) -> Result<()> {
    let replayed = caller.post(&format!("{}/replay", hook.path), &json!({ "fromSequence": 1 })).await?;
    for answer in [retry(caller, hook, attempt).await?, replayed] {
        answer.refused(StatusCode::CONFLICT, "CONFLICT");
        assert_eq!(answer.json()["message"], format!("The webhook is {state}; resume it first"));
    }
    Ok(())
}

async fn a_disabled_webhook_is_resumed_before_anything_else(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let receiver = Receiver::replying([Reply::status(410)]).await?;
    let hook = caller.hook(&receiver, json!({})).await?;
    caller.publish("meter.read", json!({ "n": 0 })).await?;
    let failed = caller.attempts(&hook, 1).await?.remove(0);
    let id = failed["id"].as_str().unwrap();
    caller.shown_when(&hook, "it is disabled", |hook| hook["status"] == "disabled").await?;
    nothing_is_sent_again(&caller, &hook, id, "disabled").await?;
    let paused = caller.post(&format!("{}/pause", hook.path), &json!({})).await?;
    paused.refused(StatusCode::CONFLICT, "CONFLICT");
    assert_eq!(paused.json()["message"], "The webhook is disabled; resume it first");
    let shown = caller.shown(&hook).await?;
    assert_eq!((&shown["backlog"], &shown["status"]), (&json!(0), &json!("disabled")));
    caller.tell(&hook, "resume").await?;
    assert_eq!(retry(&caller, &hook, id).await?.status, 202);
    caller.attempts_when(&hook, "it is taken", |all| all[0]["status"] == "success").await?;
    app.drain().await
}
