//! Room beside rows that are soon changed: PostgreSQL then writes the new version into the same page, and leaves the
//! indexes alone. SQLite changes rows where they are.

use crate::dialect::execute;
use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        set(manager, "set (fillfactor = 55)").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        set(manager, "reset (fillfactor)").await
    }
}

/// Whose rows are changed once, soon after they are made, in columns that no index has.
const TABLES: &[&str] = &["provisioning_steps", "ip_allocations"];

async fn set(manager: &SchemaManager<'_>, what: &str) -> Result<(), DbErr> {
    if manager.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let statements: Vec<_> = TABLES.iter().map(|table| format!("alter table {table} {what}")).collect();
    execute(manager, &statements.join(";\n")).await
}
