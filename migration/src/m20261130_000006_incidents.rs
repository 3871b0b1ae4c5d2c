//! Outages and maintenance windows.

use crate::step::Step;

pub(crate) const STEP: Step = Step { name: "m20261130_000006_incidents", sql: |_| [NETWORK].join(";") };

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
