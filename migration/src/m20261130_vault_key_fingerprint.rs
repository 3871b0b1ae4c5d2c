//! Which key the database's secrets are sealed with: its fingerprint, which tells a wrong key from the right one.

use crate::dialect::execute;
use sea_orm_migration::prelude::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(manager, TABLE).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(manager, "drop table vault_keys").await
    }
}

/// One row at most.
const TABLE: &str = "
create table vault_keys (
  id smallint primary key not null check (id = 1),
  fingerprint text not null,
  created_at {time} not null
)";
