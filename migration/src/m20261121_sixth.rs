//! The network: outages and maintenance windows.

use crate::dialect::execute;
use sea_orm_migration::prelude::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(manager, NETWORK).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(manager, "drop table maintenance; drop table outages").await
    }
}

const NETWORK: &str = "
create table outages (
  id {uuid} primary key not null,
  organization_id {uuid} not null,
  type text not null,
  severity text not null,
  status text not null,
  title text not null,
  description text not null,
  affected_areas {json} not null,
  affected_services {json} not null,
  affected_zips {json} not null,
  started_at {time} not null,
  estimated_resolution {time},
  resolved_at {time},
  updates {json} not null,
  created_at {time} not null,
  updated_at {time} not null
);
create index outages_newest on outages (organization_id, id);
create table maintenance (
  id {uuid} primary key not null,
  organization_id {uuid} not null,
  type text not null,
  title text not null,
  description text not null,
  affected_areas {json} not null,
  affected_services {json} not null,
  impact text not null,
  starts_at {time} not null,
  ends_at {time} not null,
  notification_sent boolean not null,
  cancelled_at {time},
  created_at {time} not null,
  updated_at {time} not null
);
create index maintenance_ends on maintenance (organization_id, ends_at)";
