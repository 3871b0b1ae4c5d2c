//! Subscriptions of plans that are no tier of the contract: another one sells them.

use super::Ground;
use crate::app::{Pairing, both};
use anyhow::{Context, Result};
use entities::ids::PlanId;
use isp::lifecycle;
use isp::{
    plans::{self, Changes, NewPlan},
    subscriptions::{self, NewSubscription},
};
use kernel::contracts::partner::CONTRACT;
use platform::Error;
use reqwest::StatusCode;
use serde_json::{Value, json};
use webhooks::wire::{Event, format_of};

both!(a_plan_without_a_tier_is_sold_by_its_id_and_is_not_the_contracts);

impl Ground {
    async fn plan(&self, code: &str, rank: i32, price: &str) -> Result<PlanId> {
        let work = self.work().await?;
        let terms = Changes { monthly: Some(price.parse()?), ..Changes::default() };
        let plan = plans::create(&work, NewPlan { code: code.into(), rank, terms }).await?;
        work.commit().await?;
        Ok(plan.id)
    }

    fn voice(&self, plan: PlanId) -> Result<NewSubscription> {
        Ok(NewSubscription {
            customer: self.customer.parse().ok().context("an id")?,
            plan,
            start_date: None,
            already_installed: true,
            promotion_code: None,
            metadata: None,
        })
    }
}

async fn a_plan_without_a_tier_is_sold_by_its_id_and_is_not_the_contracts(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let basic = ground.plan("VOICE_BASIC", 10, "9.90").await?;
    let plus = ground.plan("VOICE_PLUS", 11, "19.90").await?;
    let work = ground.work().await?;
    let made = lifecycle::create(&work, ground.voice(basic)?).await?;
    let again = lifecycle::create(&work, ground.voice(basic)?).await;
    assert!(matches!(again, Err(Error::Conflict { .. })), "{again:?}");
    let better = subscriptions::PlanChange { plan: plus, effective: None, prorate: true };
    let lower = lifecycle::downgrade(&work, made.id, better).await;
    assert!(matches!(lower, Err(Error::Invalid { .. })), "{lower:?}");
    let changed = lifecycle::upgrade(&work, made.id, better).await?;
    assert_eq!((changed.before.plan_id, changed.after.plan_id), (basic, plus));
    work.commit().await?;
    // The partner sees those of its tiers, and no others.
    ground.active("RESIDENTIAL_500").await?;
    for query in ["", "?limit=1", &format!("?customerId={}", ground.customer)] {
        let list = ground.caller.get(&format!("/api/v1/subscriptions{query}")).await?.json();
        assert_eq!(list["data"][0]["serviceTier"], "RESIDENTIAL_500", "{query}");
        assert_eq!(list["pagination"]["total"], 1, "{query}");
    }
    let path = format!("/api/v1/subscriptions/{}", made.id);
    ground.caller.get(&path).await?.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    for (what, body) in [
        ("upgrade", json!({ "newTier": "BUSINESS_10G" })),
        ("downgrade", json!({ "newTier": "RESIDENTIAL_100" })),
        ("suspend", json!({})),
        ("resume", json!({})),
    ] {
        let answer = ground.caller.post(&format!("{path}/{what}"), &body).await?;
        answer.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    }
    let told = ground.app.events_of("subscription.updated").await?;
    let first = told.iter().find(|event| event.resource_id == made.id.0).context("an event")?;
    let sent: Value = serde_json::from_slice(&format_of(&CONTRACT)?.body(&Event::from(first))?)?;
    assert_eq!((&sent["data"]["serviceTier"], &sent["data"]["status"]), (&Value::Null, &json!("ACTIVE")));
    ground.drain().await
}
