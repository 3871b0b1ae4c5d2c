//! Provisioning: requests and their steps, the last configuration of the network, and the simulated network.

use crate::step::Step;

pub(crate) const STEP: Step =
    Step { name: "m20261130_000009_provisioning", sql: |_| [REQUESTS, STEPS, SERVICES, SIMULATED].join(";") };

// `attempt`: the attempt of the job that last changed the request; an attempt that has lost its lease finds a higher
// one. `undoing`: why the request is being rolled back. `last_failure`: why the latest attempt failed. A subscription
// has at most one open request.
const REQUESTS: &str = "
create table provisioning_requests (
  id {uuid} primary key not null,
  organization_id {uuid} not null,
  customer_id {uuid} not null references customers (id),
  subscription_id {uuid} not null references subscriptions (id),
  type text not null,
  status text not null,
  scheduled_at {time},
  completed_at {time},
  ont_id text,
  ipv4 text,
  ipv6 text,
  notes text,
  metadata {json},
  job_id {uuid} not null,
  attempt integer not null default 0,
  plan_id {uuid},
  undoing text,
  last_failure text,
  created_at {time} not null,
  updated_at {time} not null
);
create index provisioning_requests_all on provisioning_requests (organization_id, id);
create index provisioning_requests_by_status on provisioning_requests (organization_id, status, id);
create index provisioning_requests_of_customer on provisioning_requests (customer_id, id);
create unique index provisioning_requests_open on provisioning_requests (subscription_id)
  where status in ('PENDING', 'IN_PROGRESS')";

// Rows are updated soon after they are inserted, see `{room}`.
const STEPS: &str = "
create table provisioning_steps (
  request_id {uuid} not null references provisioning_requests (id) on delete cascade,
  place integer not null,
  name text not null,
  state text not null,
  detail {json},
  at {time} not null,
  primary key (request_id, place)
){room}";

// The last configuration of the network: one row per subscription, which remains after the service is removed.
// `plan_id`: the plan that the service was last configured for, because an order to a vendor names the product that it
// replaces.
const SERVICES: &str = "
create table network_services (
  subscription_id {uuid} primary key not null references subscriptions (id),
  organization_id {uuid} not null,
  customer_id {uuid} not null references customers (id),
  provisioner text not null,
  vendor_provisioner_id {uuid},
  plan_id {uuid},
  username text not null,
  download_mbps integer not null,
  upload_mbps integer not null,
  ipv4 text,
  ipv6 text,
  ont_id text,
  suspended boolean not null,
  installed_at {time} not null,
  removed_at {time},
  updated_at {time} not null
);
create index network_services_of_customer on network_services (customer_id)";

// The simulated network, which uses no other table. `changes`: number of requested changes, for the faults that it is
// configured to have.
const SIMULATED: &str = "
create table simulated_services (
  subscription_id {uuid} primary key not null,
  present boolean not null,
  download_mbps integer not null,
  upload_mbps integer not null,
  ipv4 text,
  ipv6 text,
  suspended boolean not null,
  changes integer not null
)";
