//! Webhooks: endpoints and their secrets, events that wait for their fan-out, deliveries.

use crate::dialect::execute;
use sea_orm_migration::prelude::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(manager, ENDPOINTS).await?;
        execute(manager, QUEUE).await?;
        execute(manager, DELIVERIES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(
            manager,
            "drop table deliveries; drop table event_queue; drop table endpoint_health;
             drop table endpoint_secrets; drop table endpoints; alter table events drop column priority",
        )
        .await
    }
}

// What each attempt changes is in a table of its own: the row of the endpoint is what fan-out locks.
const ENDPOINTS: &str = "
create table endpoints (
  id {uuid} primary key not null,
  organization_id {uuid} not null,
  contract text not null,
  url text not null,
  types {json} not null,
  description text,
  status text not null,
  status_reason text,
  status_at {time} not null,
  concurrency integer not null,
  ordered boolean not null,
  rate integer,
  secret_header text,
  next_sequence bigint not null default 1,
  resumed_at {time},
  deleted_at {time},
  created_at {time} not null
);
create index endpoints_of on endpoints (organization_id) where deleted_at is null;
create index endpoints_deleted on endpoints (deleted_at) where deleted_at is not null;
create table endpoint_secrets (
  id {uuid} primary key not null,
  endpoint_id {uuid} not null references endpoints (id) on delete cascade,
  sealed {bytes} not null,
  created_at {time} not null,
  until {time}
);
create index endpoint_secrets_of on endpoint_secrets (endpoint_id);
create table endpoint_health (
  endpoint_id {uuid} primary key not null references endpoints (id) on delete cascade,
  failures integer not null default 0,
  failing_since {time},
  opened integer not null default 0,
  closed_until {time},
  last_attempt_at {time},
  last_succeeded boolean
)";

// What is in the queue has not been fanned out. An organization without endpoints never has anything there.
const QUEUE: &str = "
alter table events add column priority smallint not null default 2;
create table event_queue (
  event_id {uuid} primary key not null,
  organization_id {uuid} not null,
  priority smallint not null
);
create index event_queue_next on event_queue (organization_id, priority, event_id)";

// A row an attempt: the next one is made when the one before has failed. The partial index speaks of
// `sent_at`, not of `state`, for the reason that the ledger's does.
const DELIVERIES: &str = "
create table deliveries (
  id {uuid} primary key not null,
  endpoint_id {uuid} not null,
  event_id {uuid} not null,
  sequence bigint not null,
  attempt integer not null,
  retry integer not null,
  priority smallint not null,
  state text not null,
  due_at {time} not null,
  created_at {time} not null,
  sent_at {time},
  took_ms integer,
  http_status integer,
  error_class text,
  error text,
  response text,
  headers {json}
);
create unique index deliveries_of_event on deliveries (event_id, endpoint_id, attempt);
create index deliveries_of_endpoint on deliveries (endpoint_id, sequence, attempt);
create index deliveries_waiting on deliveries (endpoint_id, priority, due_at, sequence) where sent_at is null";
