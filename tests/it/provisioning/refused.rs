//! Rejected requests.

use super::{Ground, fixtures::PLENTY};
use crate::app::{Pairing, both};
use anyhow::Result;
use chrono::TimeDelta;
use entities::{
    ids::{CustomerId, SubscriptionId},
    subscription::SubscriptionStatus,
};
use reqwest::StatusCode;
use serde_json::{Value, json};

both!(what_does_not_fit_is_refused_by_its_field, what_is_not_the_callers_is_not_found);

async fn what_does_not_fit_is_refused_by_its_field(pairing: Pairing) -> Result<()> {
    let (app, ground) = Ground::app(pairing, PLENTY, |_| {}).await?;
    let of = ground.subscribed("john@example.com").await?;
    let refused = async |kind: &str, more: Value, field: &str, word: &str| {
        let answer = ground.caller.post("/api/v1/provisioning", &of.asking(kind, &more)).await?;
        let faults = answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR")["errors"].take();
        assert_eq!(faults[0]["field"], field, "{faults}");
        assert!(faults[0]["message"].as_str().unwrap().contains(word), "{faults}");
        anyhow::Ok(())
    };
    for kind in ["UPGRADE", "DOWNGRADE"] {
        refused(kind, json!({}), "requestType", "not installed").await?;
    }
    refused("REINSTALL", json!({}), "requestType", "NEW_INSTALL").await?;
    for days in [-2, 5000] {
        let at = (app.clock.now() + TimeDelta::days(days)).to_rfc3339();
        refused("NEW_INSTALL", json!({ "scheduledDate": at }), "scheduledDate", "").await?;
    }
    refused("NEW_INSTALL", json!({ "scheduledDate": "soon" }), "scheduledDate", "").await?;
    refused("NEW_INSTALL", json!({ "subscriptionId": "" }), "subscriptionId", "").await?;
    ground.completed(of, "NEW_INSTALL").await?;
    refused("NEW_INSTALL", json!({}), "requestType", "installed already").await?;
    ground.completed(of, "DISCONNECT").await?;
    refused("NEW_INSTALL", json!({}), "requestType", "CANCELLED").await?;
    refused("DISCONNECT", json!({}), "requestType", "disconnected").await?;
    ground.set_status(of, SubscriptionStatus::Cancelled).await?;
    refused("UPGRADE", json!({}), "requestType", "CANCELLED").await?;
    app.drain().await
}

async fn what_is_not_the_callers_is_not_found(pairing: Pairing) -> Result<()> {
    let (app, ground) = Ground::app(pairing, PLENTY, |_| {}).await?;
    let [one, two] = [ground.subscribed("a@example.com").await?, ground.subscribed("b@example.com").await?];
    let strange = [
        (json!({ "customerId": CustomerId::new().to_string() }), "Customer"),
        (json!({ "customerId": "x" }), "Customer"),
        (json!({ "subscriptionId": SubscriptionId::new().to_string() }), "Subscription"),
        (json!({ "subscriptionId": two.id.to_string() }), "Subscription"),
        (json!({ "subscriptionId": "x" }), "Subscription"),
    ];
    for (more, noun) in strange {
        let answer = ground.caller.post("/api/v1/provisioning", &one.asking("NEW_INSTALL", &more)).await?;
        answer.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
        assert!(answer.json()["message"].as_str().unwrap().starts_with(noun), "{answer:?}");
    }
    let stranger = ground.caller.with_key(Some(&app.key("other").await?));
    let answer = stranger.post("/api/v1/provisioning", &one.asking("NEW_INSTALL", &json!({}))).await?;
    answer.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    assert_eq!(app.count("provisioning_requests").await?, 0);
    app.drain().await
}
