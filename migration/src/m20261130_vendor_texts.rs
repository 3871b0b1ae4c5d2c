//! Details and notes of vendors are kept as the text that came: `jsonb` changes numbers, and the order of properties.
//! SQLite keeps documents as text already.

use crate::dialect::execute;
use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        each_document(manager, "text").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        each_document(manager, "jsonb").await
    }
}

async fn each_document(manager: &SchemaManager<'_>, kind: &str) -> Result<(), DbErr> {
    if manager.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let sql = format!(
        "alter table vendor_details alter column details type {kind} using details::{kind};
         alter table vendor_results alter column metadata type {kind} using metadata::{kind}"
    );
    execute(manager, &sql).await
}
