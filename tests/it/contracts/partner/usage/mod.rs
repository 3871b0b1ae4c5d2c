//! `/api/v1/customers/{id}/usage`, and the command behind it.

mod command;
mod months;
mod shown;

use super::customer;
use crate::app::{Caller, Pairing, TestApp};
use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use entities::{
    ids::{CustomerId, OrganizationId},
    organization,
};
use isp::usage::{self, Day, Flow, Source};
use kernel::{UnitOfWork, events::Actor, organizations};
use serde_json::Value;

/// A platform with an organization and a customer of it.
struct Ground {
    app: TestApp,
    caller: Caller,
    organization: OrganizationId,
    customer: CustomerId,
}

impl Ground {
    async fn new(pairing: Pairing) -> Result<Self> {
        let (app, caller) = TestApp::serving(pairing).await?;
        let made = caller.post("/api/v1/customers", &customer("ada@example.com")).await?.json();
        let customer = made["data"]["id"].as_str().context("an id")?.parse()?;
        let acme = organization::Entity::named("acme").one(app.kernel.db.reader()).await?.context("acme")?;
        Ok(Self { app, caller, organization: acme.id, customer })
    }

    /// In this time zone, at this time.
    async fn at(pairing: Pairing, zone: &str, now: &str) -> Result<Self> {
        let ground = Self::new(pairing).await?;
        let (db, work) = (ground.app.kernel.db.reader(), ground.work());
        let acme = organization::Entity::named("acme").one(db).await?.context("acme")?;
        organizations::set_time_zone(&work, &acme, &zone.parse().map_err(anyhow::Error::msg)?).await?;
        work.commit().await?;
        ground.app.clock.advance(now.parse::<DateTime<Utc>>()? - ground.app.clock.now());
        Ok(ground)
    }

    fn work(&self) -> UnitOfWork {
        UnitOfWork::new(self.app.kernel.clone(), Actor::system(self.organization))
    }

    async fn keep(&self, days: &[Day]) -> Result<()> {
        let work = self.work();
        usage::ingest(&work, Source::Radius, days).await?;
        Ok(work.commit().await?)
    }

    /// A day with so many bytes each way, and nothing else.
    fn day(&self, day: &str, bytes: i64) -> Day {
        let flow = Flow { bytes, ..Flow::default() };
        Day {
            customer: self.customer,
            day: day.parse().expect("a day"),
            download: flow,
            upload: flow,
            sessions: 0,
            session_seconds: 0,
            outage_minutes: 0,
        }
    }

    async fn current(&self) -> Result<Value> {
        let path = format!("/api/v1/customers/{}/usage", self.customer);
        Ok(self.caller.get(&path).await?.json()["data"].take())
    }

    async fn history(&self, query: &str) -> Result<Value> {
        let path = format!("/api/v1/customers/{}/usage/history{query}", self.customer);
        Ok(self.caller.get(&path).await?.json()["data"].take())
    }
}
