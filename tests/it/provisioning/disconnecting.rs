//! Nothing is ordered for a subscription that is to be disconnected.

use super::{Ground, fixtures::PLENTY};
use crate::app::{Pairing, both};
use anyhow::{Context, Result};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use entities::plan::standard;
use isp::lifecycle;
use reqwest::StatusCode;
use serde_json::json;

both!(the_plan_is_not_changed_before_a_disconnect);

fn shown(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

async fn the_plan_is_not_changed_before_a_disconnect(pairing: Pairing) -> Result<()> {
    let (app, ground) = Ground::app(pairing, PLENTY, |settings| settings.invoices.enabled = false).await?;
    let of = ground.subscribed("john@example.com").await?;
    ground.completed(of, "NEW_INSTALL").await?;
    let path = format!("/api/v1/subscriptions/{}", of.id);
    let in_days = |days| shown(app.clock.now() + TimeDelta::days(days));
    let upgrade = json!({ "newTier": "RESIDENTIAL_1G", "effectiveDate": in_days(2) });
    let planned = ground.caller.post(&format!("{path}/upgrade"), &upgrade).await?;
    assert_eq!(planned.status, 200, "{planned:?}");
    let date = in_days(30);
    let request = ground.open(of, "DISCONNECT", json!({ "scheduledDate": date })).await?;
    for (what, body) in [
        ("upgrade", json!({ "newTier": "BUSINESS_1G" })),
        ("upgrade", json!({ "newTier": "BUSINESS_1G", "effectiveDate": in_days(2) })),
        ("downgrade", json!({ "newTier": "RESIDENTIAL_100" })),
    ] {
        let answer = ground.caller.post(&format!("{path}/{what}"), &body).await?;
        answer.refused(StatusCode::CONFLICT, "CONFLICT");
        let message = answer.json()["message"].as_str().context("a message")?.to_owned();
        assert!(message.starts_with("A disconnection") && message.contains(&date), "{message}");
    }
    let again = ground.caller.post("/api/v1/provisioning", &of.asking("DISCONNECT", &json!({}))).await?;
    again.refused(StatusCode::CONFLICT, "CONFLICT");
    assert!(again.text.contains(&format!("is scheduled for {date}")), "{again:?}");
    // What was ordered before and comes due is dropped.
    app.clock.advance(TimeDelta::days(2) + TimeDelta::minutes(1));
    let work = ground.work();
    lifecycle::run_due(&work, of.id, work.now()).await?;
    work.commit().await?;
    assert_eq!(ground.subscription(of).await?.plan_id, standard::RESIDENTIAL_500);
    assert_eq!(app.events_of("subscription.change_dropped").await?.len(), 1);
    app.clock.advance(TimeDelta::days(29));
    assert_eq!(ground.ended(&request).await?["status"], "COMPLETED");
    app.drain().await
}
