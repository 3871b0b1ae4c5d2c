//! The schema, as migrations. Migrations import no entities: each describes the schema at its date, and stays unchanged
//! when the entities change.
//!
//! **Migrations are only added.** The first twelve create the tables as of 30 November 2026, before the first release.
//! Released migrations are never changed, renamed or removed, because databases record which migrations were applied. A
//! change of the schema is a new migration at the end, with the next number. It describes how existing rows are
//! converted, and a test migrates a database with such rows from the previous migration (`tests/it`, `migrations.rs`).

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

/// Applies the migrations to a database.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        STEPS.iter().map(|step| Box::new(*step) as Box<dyn MigrationTrait>).collect()
    }
}

/// A migration from before the first release, which no longer exists: a database that has it cannot be migrated, and
/// must be created anew.
pub const BEFORE_THE_FIRST_RELEASE: &str = "m20261121_first";
