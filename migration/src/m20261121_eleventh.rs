//! Provisioning: requests, the steps of each, what the network was last made to be, and the simulated network.

use crate::dialect::execute;
use sea_orm_migration::prelude::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for sql in [REQUESTS, STEPS, SERVICES, SIMULATED] {
            execute(manager, sql).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(
            manager,
            "drop table simulated_services; drop table network_services; drop table provisioning_steps;
             drop table provisioning_requests",
        )
        .await
    }
}

// `attempt` is that of the job which last touched it: an attempt that has lost its lease finds a higher one.
// `undoing` is why it is being undone. A subscription has at most one open request.
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
  created_at {time} not null,
  updated_at {time} not null
);
create index provisioning_requests_all on provisioning_requests (organization_id, id);
create index provisioning_requests_by_status on provisioning_requests (organization_id, status, id);
create index provisioning_requests_of_customer on provisioning_requests (customer_id, id);
create unique index provisioning_requests_open on provisioning_requests (subscription_id)
  where status in ('PENDING', 'IN_PROGRESS');
create index provisioning_requests_under_way on provisioning_requests (job_id)
  where status in ('PENDING', 'IN_PROGRESS')";

const STEPS: &str = "
create table provisioning_steps (
  request_id {uuid} not null references provisioning_requests (id) on delete cascade,
  place integer not null,
  name text not null,
  state text not null,
  detail {json},
  at {time} not null,
  primary key (request_id, place)
)";

// What the network was last made to be. One row a subscription; it stays when the service was removed.
const SERVICES: &str = "
create table network_services (
  subscription_id {uuid} primary key not null references subscriptions (id),
  organization_id {uuid} not null,
  customer_id {uuid} not null references customers (id),
  provisioner text not null,
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

// A network that is none: no other table is touched by it, and it by nothing else. `changes` counts what was asked
// of it, for the faults that it is told to have.
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
