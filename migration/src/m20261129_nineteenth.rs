//! What an installation writes costs less: references that are held already are not looked up again, what events tell
//! is kept as it was written, and an index goes whose work another one does. SQLite keeps documents as text, and what
//! it checks costs it nothing to speak of.

use crate::dialect::execute;
use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(manager, "drop index provisioning_requests_under_way").await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            execute(manager, &each_reference(dropped)).await?;
            execute(manager, &documents("json")).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(manager, UNDER_WAY).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            execute(manager, &each_reference(added)).await?;
            execute(manager, &documents("jsonb")).await?;
        }
        Ok(())
    }
}

/// Those who look for requests that are under way look through `provisioning_requests_open`, which has the same rows.
const UNDER_WAY: &str = "
create index provisioning_requests_under_way on provisioning_requests (job_id)
  where status in ('PENDING', 'IN_PROGRESS')";

/// References to rows that whoever writes holds already, or that another reference of the same row implies, by table,
/// column, and what is referred to. A check is a statement and a lock for each row.
const REFERENCES: &[(&str, &str, &str)] = &[
    ("provisioning_requests", "customer_id", "customers (id)"),
    ("provisioning_steps", "request_id", "provisioning_requests (id) on delete cascade"),
    ("network_services", "subscription_id", "subscriptions (id)"),
    ("network_services", "customer_id", "customers (id)"),
    ("ip_allocations", "organization_id", "organizations (id)"),
    ("ip_allocations", "customer_id", "customers (id)"),
    ("ip_allocations", "pool_id", "ip_pools (id)"),
];

fn each_reference(statement: fn(&(&str, &str, &str)) -> String) -> String {
    REFERENCES.iter().map(statement).collect::<Vec<_>>().join(";\n")
}

fn dropped((table, column, _): &(&str, &str, &str)) -> String {
    format!("alter table {table} drop constraint {table}_{column}_fkey")
}

fn added((table, column, what): &(&str, &str, &str)) -> String {
    format!(
        "alter table {table} add constraint {table}_{column}_fkey foreign key ({column}) references {what}"
    )
}

/// Events are written once and read whole: `jsonb` would be taken apart for nobody.
fn documents(kind: &str) -> String {
    format!("alter table events alter column payload type {kind}, alter column changes type {kind}")
}
