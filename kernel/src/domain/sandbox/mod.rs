//! The sandbox: an organization with a bit of everything, so that whoever tries the contracts meets something real at
//! once. It is the same at every seeding, but for ids; dates are as far from now.
//!
//! All of it is made by the operations that make it elsewhere, in one transaction, with a clock that is moved back to
//! when it is to have happened: so histories, numbers and events are as they would be. Of what would be done by jobs,
//! what lies in the past is done here, with the simulator's network; what lies in the future is left to its jobs. What
//! it begins only plays: nothing is provisioned outside of the simulator, and no mail is sent.

mod accounts;
mod desk;
mod ground;
mod lives;
mod network;
mod people;
mod provisioned;
mod rng;
#[cfg(test)]
mod tests;
mod traffic;

use super::organizations;
use crate::{
    Clock, Kernel, UnitOfWork,
    error::{Error, Field, Result},
    events::{self, Actor},
};
use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use entities::{customer, organization};
use provisioned::Provisioned;
use rng::SeededRng;
use sea_orm::{EntityTrait, PaginatorTrait, QuerySelect, sea_query::LockType};
use serde_json::json;

/// What the organization is called where it is not said.
pub const NAME: &str = "sandbox";

/// How many customers it gets.
pub const CUSTOMERS: usize = 100;

/// Seeds the organization of that name, which is made if there is none, and records `sandbox.seeded`. False when it
/// was seeded before, which changes nothing; `Conflict` when it has customers of its own.
pub async fn seed(kernel: &Kernel, name: &str) -> Result<bool> {
    let Some(mut seeding) = Seeding::begin(kernel, name).await? else { return Ok(false) };
    seeding.lay_ground().await?;
    seeding.invite().await?;
    seeding.live().await?;
    seeding.keep_accounts().await?;
    seeding.use_network().await?;
    seeding.ask_for_help().await?;
    seeding.run_network().await?;
    seeding.end().await?;
    Ok(true)
}

/// A seeding that is under way.
struct Seeding {
    work: UnitOfWork,
    dice: SeededRng,
    /// When it began.
    now: DateTime<Utc>,
    /// Those made so far.
    customers: Vec<customer::Model>,
    provisioned: Provisioned,
}

impl Seeding {
    /// None when it was done before.
    async fn begin(kernel: &Kernel, name: &str) -> Result<Option<Self>> {
        // To the hour, and of its own: it is moved, and stands meanwhile, so that how long this takes shows nowhere.
        let now = kernel.clock.now();
        let now = now.duration_trunc(TimeDelta::hours(1)).unwrap_or(now);
        let kernel = Kernel { clock: Clock::standing(now), ..kernel.clone() };
        let mut work = UnitOfWork::new(kernel, Actor::platform());
        let id = organizations::ensure(&work, name).await?.id;
        work.actor = Actor { sandbox: true, ..Actor::system(id) };
        let transaction = work.transaction().await?;
        // Two at once: the second finds what the first has done.
        let organization = organization::Entity::find_by_id(id).lock(LockType::NoKeyUpdate);
        let organization = organization.one(&transaction).await?;
        let organization = organization.ok_or(Error::NotFound("Organization"))?;
        let customers = customer::Entity::of(id).count(&transaction).await?;
        if organization.sandbox {
            return Ok(None);
        }
        if customers > 0 {
            let message = format!("{name} has customers of its own; name another organization, or none");
            return Err(Error::Conflict { message, field: Some(Field::Organization) });
        }
        organizations::make_sandbox(&work, &organization).await?;
        let (dice, provisioned) = (SeededRng::new(), Provisioned::default());
        Ok(Some(Self { work, dice, now, customers: vec![], provisioned }))
    }

    /// Moves the clock to a time.
    fn at(&self, time: DateTime<Utc>) {
        self.work.kernel.clock.advance(time - self.work.now());
    }

    /// The time so many hours ago; ahead of now where there are less than none.
    fn ago(&self, hours: i64) -> DateTime<Utc> {
        self.now - TimeDelta::hours(hours)
    }

    async fn end(self) -> Result<()> {
        self.at(self.now);
        self.provisioned.keep(&self.work).await?;
        let about = ("organization", self.work.actor.organization.0);
        let told = json!({ "customers": self.customers.len() });
        self.work.record([events::event(&self.work.actor, "sandbox.seeded", about, &told, self.now)?]);
        self.work.commit().await
    }
}
