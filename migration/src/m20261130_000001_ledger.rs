//! The ledger: jobs, the chunks and errors of imports, and lost workers.

use crate::step::Step;

pub(crate) const STEP: Step =
    Step { name: "m20261130_000001_ledger", sql: |_| [JOBS, IMPORTS, LOST_WORKERS].join(";") };

// The partial indexes use `lease_until` and `finished_at`, not `state`: otherwise, the planner would use them for
// statements that find jobs by id and check the state, and read the whole backlog.
//
// `crashes`: how many lost leases in a row count against the job. `alone`: whether a running job was started alone, as
// a suspect, and no other job has run beside it since. `woken_at`: set while the job runs, when the condition is met
// that it may be about to wait for.
const JOBS: &str = "
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
  crashes integer not null default 0,
  alone boolean not null default false,
  lost_at {time},
  run_at {time} not null,
  lease_until {time},
  worker text,
  woken_at {time},
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
  traceparent text,
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
create index jobs_request on jobs (request_id) where request_id is not null";

const IMPORTS: &str = "
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

const LOST_WORKERS: &str = "create table lost_workers (worker text primary key, lost_at {time} not null)";
