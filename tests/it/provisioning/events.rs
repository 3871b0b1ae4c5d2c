//! Events of requests.

use super::{Ground, fixtures::PLENTY};
use crate::app::{Pairing, Receiver, allow_loopback, both};
use anyhow::Result;
use serde_json::{Value, json};

both!(webhooks_are_told_in_the_contracts_words);

async fn webhooks_are_told_in_the_contracts_words(pairing: Pairing) -> Result<()> {
    let (app, ground) = Ground::app(pairing, PLENTY, allow_loopback).await?;
    let receiver = Receiver::start().await?;
    let events = ["provisioning.started", "provisioning.completed", "provisioning.failed"];
    ground.caller.hook(&receiver, json!({ "events": events, "ordered": true })).await?;
    let of = ground.subscribed("john@example.com").await?;
    let path = ground.open(of, "NEW_INSTALL", json!({ "metadata": { "their_key": "7" } })).await?;
    let completed = ground.ended(&path).await?;
    let sent = receiver.arrived(2).await?;
    let told: Vec<_> =
        sent.iter().map(|sent| (sent.header("x-swell-event"), sent.json()["data"].take())).collect();
    assert_eq!(told[1], ("provisioning.completed", completed.clone()));
    let (kind, started) = &told[0];
    assert_eq!((*kind, &started["status"]), ("provisioning.started", &json!("IN_PROGRESS")));
    assert_eq!((&started["id"], &started["ipAllocation"]), (&completed["id"], &Value::Null));
    app.drain().await
}
