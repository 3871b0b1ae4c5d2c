//! What is known of jobs whose worker was lost, so that they can be run alone: how many of the losses in a row count
//! against the job, whether it is alone just now, and which worker processes were lost when.

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
        execute(
            manager,
            "drop table lost_workers;
             alter table jobs drop column lost_at;
             alter table jobs drop column alone;
             alter table jobs drop column crashes",
        )
        .await
    }
}

const UP: &str = "
alter table jobs add column crashes integer not null default 0;
alter table jobs add column alone boolean not null default false;
alter table jobs add column lost_at {time};
create table lost_workers (worker text primary key, lost_at {time} not null)";
