//! A platform with an organization that bills its customers.

use super::seed::Books;
use crate::app::{Answer, Caller, Pairing, TestApp};
use anyhow::{Context, Result, ensure};
use chrono::{DateTime, Utc};
use entities::{
    ids::{CustomerId, InvoiceId},
    job, organization,
};
use isp::invoices::CustomerRange;
use kernel::organizations;
use platform::config::Settings;
use sea_orm::EntityTrait;
use serde_json::Value;
use std::ops::Deref;

/// A platform with an organization whose clocks show a certain time, and taxes of 10 % in California.
pub struct Ground {
    pub app: TestApp,
    books: Books,
}

impl Deref for Ground {
    type Target = Books;

    fn deref(&self) -> &Books {
        &self.books
    }
}

impl Ground {
    /// It is early on 1 December 2026 in UTC; nothing begins by the calendar.
    pub async fn new(pairing: Pairing) -> Result<Self> {
        Self::at(pairing, "UTC", "2026-12-01T05:00:00Z", |_| {}).await
    }

    /// It is this time, by the clocks of this zone; with settings to the test's liking.
    pub async fn at(
        pairing: Pairing,
        zone: &str,
        now: &str,
        change: impl FnOnce(&mut Settings),
    ) -> Result<Self> {
        let app = TestApp::new(pairing, |settings| {
            settings.invoices.enabled = false;
            change(settings);
        })
        .await?;
        Self::move_to(&app, now);
        let ground = Self::of(app, "acme").await?;
        let work = ground.work();
        let before = organization::Entity::find_by_id(ground.organization).one(ground.app.kernel.db.reader());
        organizations::set_time_zone(&work, &before.await?.context("acme")?, &zone.parse().unwrap()).await?;
        work.commit().await?;
        ground.tax("CA", "10").await?;
        Ok(ground)
    }

    /// The same platform, seen by another organization.
    pub async fn of(app: TestApp, name: &str) -> Result<Self> {
        let books = Books::of(&app, name).await?;
        Ok(Self { app, books })
    }

    /// Moves the clock.
    pub fn move_to(app: &TestApp, now: &str) {
        app.clock.advance(now.parse::<DateTime<Utc>>().unwrap() - app.clock.now());
    }

    /// The run of a month, once it has ended.
    pub async fn run(&self, month: &str) -> Result<job::Model> {
        self.app.ended(self.begin(month).await?).await
    }

    /// Checks that there are so many invoices, numbered without a gap, and no customer has two.
    pub async fn billed_once(&self, count: usize) -> Result<()> {
        let all = self.invoices().await?;
        let numbers: Vec<_> = all.iter().map(|one| one.number.clone().unwrap_or_default()).collect();
        let expected: Vec<_> = (1..=count).map(|number| format!("INV-2026-{number:06}")).collect();
        ensure!(numbers == expected, "{numbers:?}");
        let customers: std::collections::BTreeSet<_> = all.iter().map(|one| one.customer_id).collect();
        ensure!(customers.len() == count, "{count} invoices of {} customers", customers.len());
        let told = self.app.events_of("invoice.created").await?.len();
        ensure!(told == count, "{told} events of {count} invoices");
        Ok(())
    }
}

/// An invoice of the organization `acme`, made if there is none.
pub async fn made(app: &TestApp) -> Result<InvoiceId> {
    let ground = Books::of(app, "acme").await?;
    if let Some(invoice) = ground.invoices().await?.first() {
        return Ok(invoice.id);
    }
    ground.tax("CA", "8.25").await?;
    ground.many(1).await?;
    Ok(ground.bill(CustomerRange::default()).await?.invoices.first().context("nobody was billed")?.id)
}

/// What an answer has.
pub fn data(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["data"].take()
}

/// What a customer owes.
pub async fn balance(caller: &Caller, customer: CustomerId) -> Result<Value> {
    Ok(data(&caller.get(&format!("/api/v1/customers/{customer}/balance")).await?))
}
