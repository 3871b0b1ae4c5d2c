//! Organizations and their keys, customers, events, the ledger.

use crate::dialect::execute;
use sea_orm_migration::prelude::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(manager, TENANTS).await?;
        execute(manager, CUSTOMERS).await?;
        execute(manager, LEDGER).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(
            manager,
            "drop table import_chunks; drop table job_errors; drop table jobs; drop table events;
             drop table customers; drop table api_keys; drop table organizations",
        )
        .await
    }
}

const TENANTS: &str = "
create table organizations (
  id {uuid} primary key not null,
  name text not null unique,
  created_at {time} not null
);
create table api_keys (
  id {uuid} primary key not null,
  organization_id {uuid} not null references organizations (id),
  contract text not null,
  name text not null,
  prefix text not null,
  hash text not null unique,
  created_at {time} not null,
  revoked_at {time}
)";

// No foreign key to organizations on the busy tables: a key's organization is checked once at the edge,
// and the check a row would be a lock and a look-up a row.
const CUSTOMERS: &str = "
create table customers (
  id {uuid} primary key not null,
  organization_id {uuid} not null,
  email text not null,
  email_key text not null,
  first_name text not null,
  last_name text not null,
  phone text,
  type text not null,
  company_name text,
  status text not null,
  service_address {json} not null,
  billing_address {json},
  metadata {json},
  created_at {time} not null,
  updated_at {time} not null
);
create unique index customers_email on customers (organization_id, email_key);
create index customers_newest on customers (organization_id, id);
create table events (
  id {uuid} primary key not null,
  organization_id {uuid} not null,
  type text not null,
  resource text not null,
  resource_id {uuid} not null,
  payload {json} not null,
  actor text not null,
  request_id text,
  created_at {time} not null
)";

// The partial indexes speak of `lease_until` and `finished_at`, not of `state`: statements that look jobs up
// by id and check their state would otherwise be planned through them, and read the whole backlog.
const LEDGER: &str = "
create table jobs (
  id {uuid} primary key not null,
  organization_id {uuid},
  parent_id {uuid},
  kind text not null,
  priority smallint not null,
  payload {json} not null,
  state text not null,
  attempt integer not null default 0,
  failures integer not null default 0,
  lost_leases integer not null default 0,
  run_at {time} not null,
  lease_until {time},
  worker text,
  unique_key text,
  open_children integer not null default 0,
  total bigint,
  processed bigint not null default 0,
  succeeded bigint not null default 0,
  failed bigint not null default 0,
  result {json},
  last_error text,
  cancel_requested_at {time},
  request_id text,
  created_at {time} not null,
  started_at {time},
  finished_at {time},
  expires_at {time}
);
create index jobs_waiting on jobs (kind, run_at) where lease_until is null and finished_at is null;
create index jobs_leased on jobs (lease_until) where lease_until is not null;
create unique index jobs_unique on jobs (kind, unique_key)
  where unique_key is not null and state in ('queued', 'running', 'retrying');
create index jobs_parent on jobs (parent_id) where parent_id is not null;
create index jobs_expired on jobs (expires_at) where finished_at is not null;
create table job_errors (
  job_id {uuid} not null references jobs (id) on delete cascade,
  row_index bigint not null,
  message text not null,
  details {json},
  primary key (job_id, row_index)
);
create table import_chunks (
  job_id {uuid} not null references jobs (id) on delete cascade,
  number integer not null,
  rows text not null,
  primary key (job_id, number)
)";
