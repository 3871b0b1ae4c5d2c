//! The schema, in steps. Steps import no entities: they say what the schema was on their day, and stay
//! as they are when the entities move on.

mod dialect;
mod m20261121_eighteenth;
mod m20261121_eighth;
mod m20261121_eleventh;
mod m20261121_fifteenth;
mod m20261121_fifth;
mod m20261121_first;
mod m20261121_fourteenth;
mod m20261121_fourth;
mod m20261121_second;
mod m20261121_seventeenth;
mod m20261121_seventh;
mod m20261121_sixteenth;
mod m20261121_sixth;
mod m20261121_tenth;
mod m20261121_third;
mod m20261121_thirteenth;
mod m20261121_twelfth;
mod m20261129_nineteenth;
mod m20261130_attempt_delivery_states;
mod m20261130_billed_changes;
mod m20261130_email_domains;
mod m20261130_event_domains;
mod m20261130_idempotency_callers;
mod m20261130_installed_before_charged;
mod m20261130_invoice_sellers;
mod m20261130_lost_leases;
mod m20261130_replaced_webhooks;
mod m20261130_sellers;
mod m20261130_test_places;
mod m20261130_vault_key_fingerprint;
mod m20261130_vendor_orders;
mod m20261130_vendor_texts;

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::prelude::*;

/// Brings a database up to date.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261121_first::Migration),
            Box::new(m20261121_second::Migration),
            Box::new(m20261121_third::Migration),
            Box::new(m20261121_fourth::Migration),
            Box::new(m20261121_fifth::Migration),
            Box::new(m20261121_sixth::Migration),
            Box::new(m20261121_seventh::Migration),
            Box::new(m20261121_eighth::Migration),
            Box::new(m20261121_tenth::Migration),
            Box::new(m20261121_eleventh::Migration),
            Box::new(m20261121_twelfth::Migration),
            Box::new(m20261121_thirteenth::Migration),
            Box::new(m20261121_fourteenth::Migration),
            Box::new(m20261121_fifteenth::Migration),
            Box::new(m20261121_sixteenth::Migration),
            Box::new(m20261121_seventeenth::Migration),
            Box::new(m20261121_eighteenth::Migration),
            Box::new(m20261129_nineteenth::Migration),
            Box::new(m20261130_event_domains::Migration),
            Box::new(m20261130_vault_key_fingerprint::Migration),
            Box::new(m20261130_idempotency_callers::Migration),
            Box::new(m20261130_lost_leases::Migration),
            Box::new(m20261130_installed_before_charged::Migration),
            Box::new(m20261130_sellers::Migration),
            Box::new(m20261130_vendor_texts::Migration),
            Box::new(m20261130_email_domains::Migration),
            Box::new(m20261130_vendor_orders::Migration),
            Box::new(m20261130_replaced_webhooks::Migration),
            Box::new(m20261130_attempt_delivery_states::Migration),
            Box::new(m20261130_test_places::Migration),
            Box::new(m20261130_billed_changes::Migration),
            Box::new(m20261130_invoice_sellers::Migration),
        ]
    }
}
