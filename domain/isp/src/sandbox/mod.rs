//! The sandbox: an organization with sample data for trying the contracts. It is the same in every seeding except for
//! ids; dates are relative to now.
//!
//! Everything is created by the normal operations, in one transaction, with a clock set back to the time of each event:
//! so histories, numbers and events are consistent. Past jobs are executed here, with the simulated network; future
//! ones are left to the workers. Provisioning is simulated, and no mail is sent.

mod customers;
mod incidents;
mod invoices;
mod provisioned;
mod reference_data;
mod rng;
mod scenario;
mod subscriptions;
#[cfg(test)]
mod tests;
mod tickets;
mod usage;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use entities::{customer, organization};
use kernel::organizations;
use kernel::{
    Kernel, UnitOfWork,
    events::{self, Actor},
};
use platform::{
    Clock,
    error::{Error, Field, Result},
};
use provisioned::ProvisionedServices;
use rng::SeededRng;
use sea_orm::{EntityTrait, PaginatorTrait, QuerySelect, sea_query::LockType};
use serde_json::json;

/// The default name of the organization.
pub const NAME: &str = "sandbox";

/// The number of customers.
pub const CUSTOMERS: usize = 100;

/// Seeds the organization of that name, created if it does not exist, and records `sandbox.seeded`. False, without
/// changes, if it was already seeded; `Conflict` if it has customers of its own.
pub async fn seed(kernel: &Kernel, name: &str) -> Result<bool> {
    let Some(mut seeding) = Seeding::begin(kernel, name).await? else { return Ok(false) };
    seeding.seed_reference_data().await?;
    seeding.seed_customers().await?;
    seeding.seed_subscriptions().await?;
    seeding.seed_invoices().await?;
    seeding.seed_usage().await?;
    seeding.seed_tickets().await?;
    seeding.seed_incidents().await?;
    seeding.end().await?;
    Ok(true)
}

/// A seeding in progress.
struct Seeding {
    work: UnitOfWork,
    rng: SeededRng,
    /// Its start.
    now: DateTime<Utc>,
    /// The customers created so far.
    customers: Vec<customer::Model>,
    provisioned: ProvisionedServices,
}

impl Seeding {
    /// `None` if already seeded.
    async fn begin(kernel: &Kernel, name: &str) -> Result<Option<Self>> {
        // A separate, stopped clock at a full hour, so that the duration of the seeding shows nowhere.
        let now = kernel.clock.now();
        let now = now.duration_trunc(TimeDelta::hours(1)).unwrap_or(now);
        let kernel = Kernel { clock: Clock::standing(now), ..kernel.clone() };
        let mut work = UnitOfWork::new(kernel, Actor::platform());
        let id = organizations::ensure(&work, name).await?.id;
        work.actor = Actor { sandbox: true, ..Actor::system(id) };
        let transaction = work.transaction().await?;
        // A concurrent seeding finds the result of the first.
        let organization = organization::Entity::find_by_id(id).lock(LockType::NoKeyUpdate);
        let organization = organization.one(&transaction).await?;
        let organization = organization.ok_or(Error::NotFound("Organization"))?;
        let customers = customer::Entity::of(id).count(&transaction).await?;
        if organization.sandbox {
            return Ok(None);
        }
        if customers > 0 {
            let message = format!("{name} has customers of its own; use another organization");
            return Err(Error::Conflict { message, field: Some(Field::Organization) });
        }
        organizations::make_sandbox(&work, &organization).await?;
        let (rng, provisioned) = (SeededRng::new(), ProvisionedServices::default());
        Ok(Some(Self { work, rng, now, customers: vec![], provisioned }))
    }

    /// Sets the clock.
    fn at(&self, time: DateTime<Utc>) {
        self.work.kernel.clock.advance(time - self.work.now());
    }

    /// The time this many hours ago; in the future if negative.
    fn ago(&self, hours: i64) -> DateTime<Utc> {
        self.now - TimeDelta::hours(hours)
    }

    async fn end(self) -> Result<()> {
        self.at(self.now);
        self.provisioned.keep(&self.work).await?;
        let about = ("organization", self.work.actor.organization.0);
        let payload = json!({ "customers": self.customers.len() });
        self.work.record([events::event(&self.work.actor, "sandbox.seeded", about, &payload, self.now)?]);
        self.work.commit().await
    }
}
