//! Allocates addresses for many owners at once, with as many statements as for one. Scarce pools are left to individual
//! requests ([`super::reserve_each`]), which wait for each other and mark pools as exhausted.

use super::{
    free,
    reserve::{allocation, event_for, insert},
};
use entities::{
    ids::{CustomerId, IpPoolId, OrganizationId},
    ip_allocation::{self, AllocationStatus, Model},
    ip_pool::{self, Family, PoolStatus},
};
use kernel::{UnitOfWork, events::Actor};
use platform::{bulk, error::Result};
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, Value};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// An owner, which gets an address of each version in the region. It has none yet.
#[derive(Debug, Clone, Copy)]
pub struct Owner<'a> {
    /// The actor with the organization.
    pub actor: &'a Actor,
    /// The owner's id.
    pub id: Uuid,
    /// The customer.
    pub customer: CustomerId,
    /// The region of the pools.
    pub region: &'a str,
}

/// The addresses taken for an owner, not yet written.
#[derive(Debug, Clone)]
pub struct AllocatedAddresses {
    /// The address.
    pub ipv4: Model,
    /// The IPv6 network, if the region has a pool of them.
    pub ipv6: Option<Model>,
}

impl AllocatedAddresses {
    fn all(&self) -> impl Iterator<Item = &Model> {
        std::iter::once(&self.ipv4).chain(&self.ipv6)
    }
}

/// Takes addresses for the owners, in order; `None` for an owner if there are not enough unlocked ones. They are then
/// reserved ([`insert_allocations`]) or returned ([`release_many`]).
pub async fn allocate_many(
    work: &UnitOfWork,
    owners: &[Owner<'_>],
) -> Result<Vec<Option<AllocatedAddresses>>> {
    let pools = pools(work, owners).await?;
    let mut alike = BTreeMap::<_, Vec<usize>>::new();
    for (place, owner) in owners.iter().enumerate() {
        alike.entry((owner.actor.organization, owner.region)).or_default().push(place);
    }
    let mut found: Vec<_> = owners.iter().map(|_| None).collect();
    for ((organization, region), places) in alike {
        let here = |pool: &&ip_pool::Model| pool.organization_id == organization && pool.region == region;
        let pools: Vec<_> = pools.iter().filter(here).collect();
        let owners: Vec<_> = places.iter().map(|place| &owners[*place]).collect();
        for (place, taken) in places.into_iter().zip(take(work, &pools, &owners).await?) {
            found[place] = Some(taken);
        }
    }
    Ok(found)
}

/// The available pools of these organizations, in the order of allocation.
async fn pools(work: &UnitOfWork, owners: &[Owner<'_>]) -> Result<Vec<ip_pool::Model>> {
    let organizations: BTreeSet<OrganizationId> =
        owners.iter().map(|owner| owner.actor.organization).collect();
    let rows = bulk::ids(organizations.into_iter().map(|id| id.0));
    let sql = "select * from ip_pools where organization_id {in_ids} and status <> $2
      order by organization_id, name";
    let transaction = work.transaction().await?;
    let statement = bulk::statement(&transaction, sql, bulk::ID, &rows, [PoolStatus::Reserved.into()])?;
    Ok(ip_pool::Model::find_by_statement(statement).all(&transaction).await?)
}

/// Takes addresses for as many of the owners in one region as possible, in order.
async fn take(
    work: &UnitOfWork,
    pools: &[&ip_pool::Model],
    owners: &[&Owner<'_>],
) -> Result<Vec<AllocatedAddresses>> {
    let mut ipv4 = take_of(work, pools, Family::V4, owners).await?;
    if !pools.iter().any(|pool| pool.family == Family::V6) {
        return Ok(ipv4.into_iter().map(|ipv4| AllocatedAddresses { ipv4, ipv6: None }).collect());
    }
    let ipv6 = take_of(work, pools, Family::V6, &owners[..ipv4.len()]).await?;
    put_back_each(work, ipv4.split_off(ipv6.len()).iter()).await?;
    Ok(ipv4.into_iter().zip(ipv6).map(|(ipv4, ipv6)| AllocatedAddresses { ipv4, ipv6: Some(ipv6) }).collect())
}

async fn take_of(
    work: &UnitOfWork,
    pools: &[&ip_pool::Model],
    family: Family,
    owners: &[&Owner<'_>],
) -> Result<Vec<Model>> {
    let mut given = Vec::with_capacity(owners.len());
    for pool in pools.iter().filter(|pool| pool.family == family) {
        let left = &owners[given.len()..];
        if left.is_empty() {
            break;
        }
        let mut positions = free::take_many(&work.transaction().await?, pool.id, left.len()).await?;
        positions.sort_unstable();
        for (position, owner) in positions.into_iter().zip(left) {
            given.push(allocation(pool, position, (owner.id, owner.customer), work.now())?);
        }
    }
    Ok(given)
}

/// Returns taken addresses.
pub async fn release_many(work: &UnitOfWork, all: &[AllocatedAddresses]) -> Result<()> {
    put_back_each(work, all.iter().flat_map(AllocatedAddresses::all)).await
}

async fn put_back_each(work: &UnitOfWork, all: impl Iterator<Item = &Model>) -> Result<()> {
    let mut positions = BTreeMap::<IpPoolId, Vec<i64>>::new();
    for allocation in all {
        positions.entry(allocation.pool_id).or_default().push(allocation.position);
    }
    for (pool, positions) in positions {
        free::put_back_many(&work.transaction().await?, pool, &positions).await?;
    }
    Ok(())
}

/// Writes the reservations, and records `ip.reserved` for each.
pub async fn insert_allocations(work: &UnitOfWork, all: &[(&Actor, &AllocatedAddresses)]) -> Result<()> {
    let rows: Vec<_> = all.iter().flat_map(|(_, taken)| taken.all()).collect();
    insert(work, &rows).await?;
    let each = all.iter().flat_map(|(actor, taken)| taken.all().map(move |given| (actor, given)));
    let events = each.map(|(actor, given)| event_for(actor, "ip.reserved", given, work.now()));
    work.record(events.collect::<Result<Vec<_>>>()?);
    Ok(())
}

/// The allocations of owners. The order makes the planner use the right index.
const OF_OWNERS: &str = "from {rows_by_key} cross join lateral (
    select a.id from ip_allocations a where a.owner_id = r.id and a.released_at is null order by a.family limit 2
  ) held where ip_allocations.id = held.id";
const OF_OWNERS_SQLITE: &str = "where owner_id {in_ids} and released_at is null";

/// Marks the reservations of these owners as in use, and records `ip.allocated` for each, like [`super::activate`]. No
/// other transaction must be changing them.
pub async fn activate_each(work: &UnitOfWork, owners: &BTreeMap<Uuid, &Actor>) -> Result<()> {
    let values: [Value; 2] = [AllocationStatus::Active.into(), AllocationStatus::Pending.into()];
    let transaction = work.transaction().await?;
    let of_owners =
        if transaction.get_database_backend() == DbBackend::Postgres { OF_OWNERS } else { OF_OWNERS_SQLITE };
    let sql = format!(
        "update ip_allocations set status = $2 {of_owners} and ip_allocations.status = $3 returning {}",
        bulk::every::<ip_allocation::Entity>()
    );
    let rows = bulk::ids(owners.keys().copied());
    let statement = bulk::statement(&transaction, &sql, bulk::ID, &rows, values)?;
    let mut changed = Model::find_by_statement(statement).all(&transaction).await?;
    changed.sort_by_key(|it| it.id);
    let events = changed.iter().filter_map(|it| Some((owners.get(&it.owner_id)?, it)));
    let events = events.map(|(actor, it)| event_for(actor, "ip.allocated", it, work.now()));
    work.record(events.collect::<Result<Vec<_>>>()?);
    Ok(())
}
