//! What only plays: organizations that are seeded to try things with, and subscriptions that sandbox credentials make.

use crate::dialect::execute;
use sea_orm_migration::prelude::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(manager, SANDBOX).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(
            manager,
            "alter table subscriptions drop column sandbox; alter table organizations drop column sandbox",
        )
        .await
    }
}

// Kept with the subscription: what becomes of it later is done by jobs, which have no credential.
const SANDBOX: &str = "
alter table organizations add column sandbox boolean not null default false;
alter table subscriptions add column sandbox boolean not null default false";
