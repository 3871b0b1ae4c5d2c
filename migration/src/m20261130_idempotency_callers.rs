//! Kept answers belong to the caller, the method and the path, instead of the organization. Those that are there do not
//! say whose they are, and are dropped: they are kept for a day at most by default.

use crate::dialect::execute;
use sea_orm_migration::prelude::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(
            manager,
            "drop table idempotent_answers;
             create table idempotent_answers (
               scope {bytes} primary key not null,
               answer {bytes} not null,
               expires_at {time} not null
             );
             create index idempotent_answers_expired on idempotent_answers (expires_at)",
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(
            manager,
            "drop table idempotent_answers;
             create table idempotent_answers (
               organization_id {uuid} not null,
               key text not null,
               answer {bytes} not null,
               expires_at {time} not null,
               primary key (organization_id, key)
             );
             create index idempotent_answers_expired on idempotent_answers (expires_at)",
        )
        .await
    }
}
