//! Vendors: provisioners, and the requests to them with details, attempts and results.

use crate::step::Step;

pub(crate) const STEP: Step = Step {
    name: "m20261130_000010_vendors",
    sql: |_| [PROVISIONERS, REQUESTS, DETAILS, ATTEMPTS, RESULTS].join(";"),
};

// `suspensions`: whether it accepts suspensions.
const PROVISIONERS: &str = "
create table vendor_provisioners (
  id {uuid} primary key not null,
  organization_id {uuid} not null,
  name text not null,
  sandbox boolean not null,
  suspensions boolean not null default false,
  created_at {time} not null
);
create unique index vendor_provisioners_named on vendor_provisioners (organization_id, sandbox, name)";

// Simulated requests name partners and subscriptions that do not exist, so these columns have no foreign keys. A
// request is open until it succeeds, is cancelled, or passes its deadline. Lists are in the order of `created_at`,
// which a simulation may set.
const REQUESTS: &str = "
create table vendor_requests (
  id {uuid} primary key not null,
  organization_id {uuid} not null,
  provisioner_id {uuid} not null references vendor_provisioners (id),
  sandbox boolean not null,
  type text not null,
  partner_id {uuid},
  subscription_id {uuid},
  quantity bigint,
  body {json} not null,
  service {json},
  order_id {uuid},
  waiting_job {uuid},
  state text not null,
  reason text,
  result_id {uuid},
  decided_at {time},
  deadline_at {time} not null,
  created_at {time} not null
);
create index vendor_requests_all on vendor_requests (organization_id, sandbox, created_at, id);
create index vendor_requests_unfulfilled on vendor_requests (organization_id, sandbox, created_at, id)
  where state = 'open';
create index vendor_requests_open on vendor_requests (provisioner_id, id) where state = 'open';
create index vendor_requests_ordered on vendor_requests (subscription_id, id)
  where subscription_id is not null";

// Details and metadata are stored as the text that was received: `jsonb` changes numbers and the order of properties.
const DETAILS: &str = "
create table vendor_details (
  id {uuid} primary key not null,
  organization_id {uuid} not null,
  request_id {uuid} not null references vendor_requests (id),
  number integer not null,
  details text not null,
  created_at {time} not null
);
create unique index vendor_details_numbered on vendor_details (request_id, number)";

// Attempts without an endpoint wait for one. The result of the delivery is stored here because the sweeper deletes old
// deliveries.
const ATTEMPTS: &str = "
create table vendor_attempts (
  id {uuid} primary key not null,
  organization_id {uuid} not null,
  request_id {uuid} not null references vendor_requests (id),
  number integer not null,
  detail_id {uuid} not null references vendor_details (id),
  endpoint_id {uuid},
  event_id {uuid},
  delivery_state text,
  delivery_error text,
  created_at {time} not null
);
create unique index vendor_attempts_numbered on vendor_attempts (request_id, number);
create index vendor_attempts_waiting on vendor_attempts (organization_id) where endpoint_id is null;
create index vendor_attempts_delivered on vendor_attempts (event_id) where event_id is not null";

const RESULTS: &str = "
create table vendor_results (
  id {uuid} primary key not null,
  organization_id {uuid} not null,
  request_id {uuid} not null references vendor_requests (id),
  number integer not null,
  attempt_id {uuid} not null references vendor_attempts (id),
  status text not null,
  error_message text,
  metadata text,
  external_subscription_id text,
  external_partner_id text,
  external_company_id text,
  external_enrollment_id text,
  created_at {time} not null
);
create unique index vendor_results_numbered on vendor_results (request_id, number)";
