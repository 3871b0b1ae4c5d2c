//! Events and webhooks: events, the queue of events for fan-out, endpoints and their secrets, deliveries.

use crate::step::Step;

pub(crate) const STEP: Step =
    Step { name: "m20261130_000003_webhooks", sql: |_| [EVENTS, QUEUE, ENDPOINTS, DELIVERIES].join(";") };

// Events are written once and read whole, so PostgreSQL stores their documents as they were written: `jsonb` would
// parse them for nothing. Busy tables have no foreign key to organizations: the organization of a key is checked once
// at the edge.
const EVENTS: &str = "
create table events (
  id {uuid} primary key not null,
  organization_id {uuid} not null,
  domain text not null default 'isp',
  type text not null,
  priority smallint not null default 2,
  resource text not null,
  resource_id {uuid} not null,
  payload {raw_json} not null,
  changes {raw_json},
  actor text not null,
  address text,
  operation text,
  request_id text,
  created_at {time} not null
);
create index events_request on events (request_id) where request_id is not null";

// Events before fan-out. None are queued for an organization without endpoints.
const QUEUE: &str = "
create table event_queue (
  event_id {uuid} primary key not null,
  organization_id {uuid} not null,
  priority smallint not null
);
create index event_queue_next on event_queue (organization_id, priority, event_id)";

// What each attempt updates is in a table of its own, because fan-out locks the row of the endpoint. `replaced_at`:
// when a newer webhook of the same vendor's provisioner replaced it.
const ENDPOINTS: &str = "
create table endpoints (
  id {uuid} primary key not null,
  organization_id {uuid} not null,
  contract text not null,
  provisioner_id {uuid},
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
  replaced_at {time},
  deleted_at {time},
  created_at {time} not null
);
create index endpoints_of on endpoints (organization_id) where deleted_at is null;
create index endpoints_of_provisioner on endpoints (provisioner_id, id) where provisioner_id is not null;
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

// One row per attempt; a failed attempt inserts the next. `after_sequence`: for a test, the sequence number that
// precedes it in the log. The partial index uses `sent_at`, not `state`, for the same reason as in the ledger.
const DELIVERIES: &str = "
create table deliveries (
  id {uuid} primary key not null,
  endpoint_id {uuid} not null,
  event_id {uuid} not null,
  sequence bigint not null,
  after_sequence bigint,
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
