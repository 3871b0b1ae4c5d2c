//! Usage by day, and the counters of RADIUS sessions.

use crate::step::Step;

pub(crate) const STEP: Step = Step { name: "m20261130_000012_usage", sql: |_| [DAYS, SESSIONS].join(";") };

// One row per customer and day, so that a repeated report replaces the previous one and nothing is counted twice. Rates
// are whole kbit/s: SQLite has no decimals.
const DAYS: &str = "
create table usage_days (
  organization_id {uuid} not null references organizations (id),
  customer_id {uuid} not null references customers (id),
  day date not null,
  download_bytes bigint not null,
  upload_bytes bigint not null,
  peak_download_kbps bigint not null,
  peak_upload_kbps bigint not null,
  average_download_kbps bigint not null,
  average_upload_kbps bigint not null,
  sessions bigint not null,
  session_seconds bigint not null,
  outage_minutes bigint not null,
  source text not null,
  recorded_at {time} not null,
  primary key (customer_id, day)
)";

// Times are those of the RADIUS server, in seconds since 1970. `radius_marks` has one row: the position at which
// reading continues. `turn` distinguishes concurrent readers.
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
