//! The schema, in steps. Steps import no entities: they say what the schema was on their day, and stay as they are when
//! the entities change.
//!
//! **Steps are only ever added.** The first twelve create the tables in the form they had on 30 November 2026, before
//! the first release. Since then a released step is not changed, renamed or removed, because databases remember which
//! steps they have seen. A change of the schema is a new step at the end, with the next number; it says what becomes of
//! the rows that are there, and a test migrates a database with such rows from the step before it (`tests/it`,
//! `migrations.rs`).

mod conflicts;
mod m20261130_000001_ledger;
mod m20261130_000002_organizations;
mod m20261130_000003_webhooks;
mod m20261130_000004_customers;
mod m20261130_000005_subscriptions;
mod m20261130_000006_incidents;
mod m20261130_000007_addresses;
mod m20261130_000008_coverage;
mod m20261130_000009_provisioning;
mod m20261130_000010_vendors;
mod m20261130_000011_invoices;
mod m20261130_000012_usage;
mod m20261130_000013_webhooks;
mod m20261130_000014_messaging;
mod step;

pub use conflicts::{Owner, conflicts, owner};
pub use sea_orm_migration::MigratorTrait;

use sea_orm_migration::prelude::*;
use step::Step;

const STEPS: &[Step] = &[
    m20261130_000001_ledger::STEP,
    m20261130_000002_organizations::STEP,
    m20261130_000003_webhooks::STEP,
    m20261130_000004_customers::STEP,
    m20261130_000005_subscriptions::STEP,
    m20261130_000006_incidents::STEP,
    m20261130_000007_addresses::STEP,
    m20261130_000008_coverage::STEP,
    m20261130_000009_provisioning::STEP,
    m20261130_000010_vendors::STEP,
    m20261130_000011_invoices::STEP,
    m20261130_000012_usage::STEP,
    m20261130_000013_webhooks::STEP,
    m20261130_000014_messaging::STEP,
];

/// Brings a database up to date.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        STEPS.iter().map(|step| Box::new(*step) as Box<dyn MigrationTrait>).collect()
    }
}

/// A step of the history before the first release, which no longer exists: a database that has seen it cannot be
/// migrated, and has to be created anew.
pub const BEFORE_THE_FIRST_RELEASE: &str = "m20261121_first";
