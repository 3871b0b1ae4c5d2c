//! Events of subscriptions.

use super::{id, operator};
use crate::app::{Pairing, Receiver, TestApp, both};
use anyhow::{Context, Result};
use isp::lifecycle;
use isp::subscriptions;
use serde_json::{Value, json};

both!(webhooks_are_told_in_the_contracts_words);

async fn webhooks_are_told_in_the_contracts_words(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let receiver = Receiver::start().await?;
    let events = ["subscription.created", "subscription.updated", "subscription.cancelled"];
    caller.hook(&receiver, json!({ "events": events, "ordered": true })).await?;
    let customer = caller.post("/api/v1/customers", &super::customer("john@example.com")).await?.json();
    let new = json!({ "customerId": customer["data"]["id"], "serviceTier": "RESIDENTIAL_500",
        "metadata": { "their_key": "a" } });
    let created = caller.post("/api/v1/subscriptions", &new).await?.json()["data"].take();
    let path = format!("/api/v1/subscriptions/{}", created["id"].as_str().context("an id")?);
    let shown = async || -> Result<Value> { Ok(caller.get(&path).await?.json()["data"].take()) };
    let work = operator(&app).await?;
    subscriptions::activate(&work, id(&path)?, work.now()).await?;
    work.commit().await?;
    let active = shown().await?;
    caller.post(&format!("{path}/suspend"), &json!({ "reason": "Vacation" })).await?;
    let suspended = shown().await?;
    let work = operator(&app).await?;
    lifecycle::end(&work, id(&path)?, work.now()).await?;
    work.commit().await?;
    let sent = receiver.arrived(4).await?;
    let told: Vec<_> =
        sent.iter().map(|sent| (sent.header("x-swell-event"), sent.json()["data"].take())).collect();
    let expected = [
        ("subscription.created", created),
        ("subscription.updated", active),
        ("subscription.updated", suspended),
        ("subscription.cancelled", shown().await?),
    ];
    assert_eq!(told, expected);
    app.drain().await
}
