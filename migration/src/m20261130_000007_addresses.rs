//! Pools of IP addresses, and their allocations.

use crate::step::Step;

pub(crate) const STEP: Step =
    Step { name: "m20261130_000007_addresses", sql: |_| [POOLS, FREE, ALLOCATIONS, SNAPSHOTS].join(";") };

// `size`: number of addresses (or prefixes) that can be allocated to customers. `opened`: how many of them, counted
// from the first, are or have been in `ip_free`.
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

// One row per address that can be allocated, so that concurrent allocations lock different rows instead of waiting for
// the lock on the pool's row. The addresses of a pool are inserted in blocks.
const FREE: &str = "
create table ip_free (
  pool_id {uuid} not null references ip_pools (id) on delete cascade,
  position bigint not null,
  primary key (pool_id, position)
)";

// The unique indexes guarantee that no address is allocated twice, and that no owner gets two of the same family. Rows
// are updated soon after they are inserted, see `{room}`.
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
){room};
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
