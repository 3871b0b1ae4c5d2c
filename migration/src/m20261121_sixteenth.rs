//! Vendors: provisioners, and of what is ordered from them requests, details, attempts and results.

use crate::dialect::execute;
use sea_orm_migration::prelude::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for sql in [PROVISIONERS, REQUESTS, DETAILS, ATTEMPTS, RESULTS] {
            execute(manager, sql).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(
            manager,
            "drop table vendor_results; drop table vendor_attempts; drop table vendor_details;
             drop table vendor_requests; drop index endpoints_of_provisioner;
             alter table endpoints drop column provisioner_id; drop table vendor_provisioners",
        )
        .await
    }
}

const PROVISIONERS: &str = "
create table vendor_provisioners (
  id {uuid} primary key not null,
  organization_id {uuid} not null,
  name text not null,
  sandbox boolean not null,
  created_at {time} not null
);
create unique index vendor_provisioners_named on vendor_provisioners (organization_id, sandbox, name);
alter table endpoints add column provisioner_id {uuid};
create index endpoints_of_provisioner on endpoints (provisioner_id, id) where provisioner_id is not null";

// What is simulated names partners and subscriptions that are none, so nothing refers to them. `unfulfilled` are
// those that have not succeeded.
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
create index vendor_requests_all on vendor_requests (organization_id, sandbox, id);
create index vendor_requests_unfulfilled on vendor_requests (organization_id, sandbox, id)
  where state <> 'succeeded';
create index vendor_requests_ordered on vendor_requests (subscription_id, id)
  where subscription_id is not null";

const DETAILS: &str = "
create table vendor_details (
  id {uuid} primary key not null,
  organization_id {uuid} not null,
  request_id {uuid} not null references vendor_requests (id),
  number integer not null,
  details {json} not null,
  created_at {time} not null
);
create unique index vendor_details_numbered on vendor_details (request_id, number)";

// Those without an endpoint wait for one.
const ATTEMPTS: &str = "
create table vendor_attempts (
  id {uuid} primary key not null,
  organization_id {uuid} not null,
  request_id {uuid} not null references vendor_requests (id),
  number integer not null,
  detail_id {uuid} not null references vendor_details (id),
  endpoint_id {uuid},
  event_id {uuid},
  created_at {time} not null
);
create unique index vendor_attempts_numbered on vendor_attempts (request_id, number);
create index vendor_attempts_waiting on vendor_attempts (organization_id) where endpoint_id is null";

const RESULTS: &str = "
create table vendor_results (
  id {uuid} primary key not null,
  organization_id {uuid} not null,
  request_id {uuid} not null references vendor_requests (id),
  number integer not null,
  attempt_id {uuid} not null references vendor_attempts (id),
  status text not null,
  error_message text,
  metadata {json},
  external_subscription_id text,
  external_partner_id text,
  external_company_id text,
  external_enrollment_id text,
  created_at {time} not null
);
create unique index vendor_results_numbered on vendor_results (request_id, number)";
