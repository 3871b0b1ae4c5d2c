//! What was counted of the sessions of RADIUS servers.

use crate::dialect::execute;
use sea_orm_migration::prelude::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(manager, SESSIONS).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(manager, "drop table radius_marks; drop table radius_sessions").await
    }
}

// Times are those of the RADIUS server, in its unit: seconds since 1970. The one mark is where reading goes on; its
// turn is what two who read at once are told apart by.
const SESSIONS: &str = "
create table radius_sessions (
  id text not null primary key,
  subscription_id {uuid} not null references subscriptions (id),
  download_bytes bigint not null,
  upload_bytes bigint not null,
  seconds bigint not null,
  changed_at bigint not null,
  ended boolean not null,
  seen_at {time} not null
);
create index radius_sessions_ended on radius_sessions (changed_at) where ended;
create table radius_marks (
  id integer not null primary key,
  turn bigint not null,
  read_to bigint not null
);
insert into radius_marks (id, turn, read_to) values (1, 0, 0)";
