//! Webhooks of vendors' provisioners say when a newer one took their place. Those that have a newer one are replaced: they
//! are disabled, so that none is used again when the newer one is deleted.

use crate::dialect::execute;
use sea_orm_migration::prelude::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(manager, "alter table endpoints drop column replaced_at").await
    }
}

const UP: &str = "
alter table endpoints add column replaced_at {time};
update endpoints set replaced_at = (select min(n.created_at) from endpoints n
    where n.provisioner_id = endpoints.provisioner_id and n.id > endpoints.id)
  where provisioner_id is not null;
update endpoints set status = 'disabled', status_reason = 'another webhook was registered', status_at = replaced_at
  where replaced_at is not null and status <> 'disabled'";
