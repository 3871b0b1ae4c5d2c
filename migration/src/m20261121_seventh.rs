//! Pools of addresses, and who has which.

use crate::dialect::execute;
use sea_orm_migration::prelude::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for sql in [POOLS, FREE, ALLOCATIONS, SNAPSHOTS] {
            execute(manager, sql).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(
            manager,
            "drop table ip_pool_snapshots; drop table ip_allocations; drop table ip_free; drop table ip_pools",
        )
        .await
    }
}

// `size`: how many addresses (or prefixes) can be given to customers. `opened`: how many of these, from the first
// on, have been in `ip_free` or are.
const POOLS: &str = "
create table ip_pools (
  id {uuid} primary key not null,
  organization_id {uuid} not null references organizations (id),
  name text not null,
  family text not null,
  network text not null,
  prefix integer not null,
  region text not null,
  status text not null,
  size bigint not null,
  opened bigint not null default 0,
  created_at {time} not null
);
create unique index ip_pools_name on ip_pools (organization_id, name);
create index ip_pools_region on ip_pools (organization_id, region, family)";

// Addresses that can be given out, a row each, so that those who take some at the same time take different rows
// instead of waiting for each other at the pool's. A pool's are put here a block at a time.
const FREE: &str = "
create table ip_free (
  pool_id {uuid} not null references ip_pools (id) on delete cascade,
  position bigint not null,
  primary key (pool_id, position)
)";

// The unique indexes are the promise that nobody shares an address, and that who asks twice has one.
const ALLOCATIONS: &str = "
create table ip_allocations (
  id {uuid} primary key not null,
  organization_id {uuid} not null references organizations (id),
  customer_id {uuid} not null references customers (id),
  pool_id {uuid} not null references ip_pools (id),
  owner_id {uuid} not null,
  family text not null,
  position bigint not null,
  address text not null,
  subnet text not null,
  gateway text,
  status text not null,
  allocated_at {time} not null,
  released_at {time}
);
create unique index ip_allocations_position on ip_allocations (pool_id, position) where released_at is null;
create unique index ip_allocations_owner on ip_allocations (owner_id, family) where released_at is null;
create index ip_allocations_customer on ip_allocations (customer_id, id)";

const SNAPSHOTS: &str = "
create table ip_pool_snapshots (
  pool_id {uuid} not null references ip_pools (id) on delete cascade,
  day {time} not null,
  allocated bigint not null,
  size bigint not null,
  primary key (pool_id, day)
)";
