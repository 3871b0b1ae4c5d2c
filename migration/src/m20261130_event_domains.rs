//! Events say whose objects they are about. Those that are there are the service provider's, or the platform's own.

use crate::dialect::execute;
use sea_orm_migration::prelude::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // The default is that of processes of the version before, too, which go on recording meanwhile.
        execute(manager, "alter table events add column domain text not null default 'isp'").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(manager, "alter table events drop column domain").await
    }
}
