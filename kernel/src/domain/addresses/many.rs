//! Addresses for many owners at once, in as many statements as one owner takes. What is scarce is left to those who
//! ask one by one ([`super::reserve_each`]): they wait for each other, and say of a pool that it is exhausted.

use super::{
    free,
    reserve::{allocation, insert, tell},
};
use crate::{UnitOfWork, error::Result, events::Actor, rows};
use entities::{
    ids::{CustomerId, IpPoolId, OrganizationId},
    ip_allocation::{self, AllocationStatus, Model},
    ip_pool::{self, Family, PoolStatus},
};
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, Value};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Who is to get an address of each version that the region has. It has none yet.
#[derive(Debug, Clone, Copy)]
pub struct Owner<'a> {
    /// Who asks, and of which organization.
    pub actor: &'a Actor,
    /// For what.
    pub id: Uuid,
    /// For whom.
    pub customer: CustomerId,
    /// From the pools of which region.
    pub region: &'a str,
}

/// What an owner has got; nothing of it is written yet.
#[derive(Debug, Clone)]
pub struct Taken {
    /// The address.
    pub ipv4: Model,
    /// The network, where the region has a pool of them.
    pub ipv6: Option<Model>,
}

impl Taken {
    fn all(&self) -> impl Iterator<Item = &Model> {
        std::iter::once(&self.ipv4).chain(&self.ipv6)
    }
}

/// Takes addresses, for each owner in its place; none for whom there is not enough that nobody else is taking.
/// They are then reserved ([`reserve_taken`]) or put back ([`put_back`]).
pub async fn take_each(work: &UnitOfWork, owners: &[Owner<'_>]) -> Result<Vec<Option<Taken>>> {
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

/// The pools of these organizations that give addresses out, in the order in which they are asked.
async fn pools(work: &UnitOfWork, owners: &[Owner<'_>]) -> Result<Vec<ip_pool::Model>> {
    let organizations: BTreeSet<OrganizationId> =
        owners.iter().map(|owner| owner.actor.organization).collect();
    let rows = rows::ids(organizations.into_iter().map(|id| id.0));
    let sql = "select * from ip_pools where organization_id {among} and status <> $2
      order by organization_id, name";
    let transaction = work.transaction().await?;
    let statement = rows::statement(&transaction, sql, rows::ID, &rows, [PoolStatus::Reserved.into()])?;
    Ok(ip_pool::Model::find_by_statement(statement).all(&transaction).await?)
}

/// For the first of the owners in one region, as far as its pools last.
async fn take(work: &UnitOfWork, pools: &[&ip_pool::Model], owners: &[&Owner<'_>]) -> Result<Vec<Taken>> {
    let mut ipv4 = take_of(work, pools, Family::V4, owners).await?;
    if !pools.iter().any(|pool| pool.family == Family::V6) {
        return Ok(ipv4.into_iter().map(|ipv4| Taken { ipv4, ipv6: None }).collect());
    }
    let ipv6 = take_of(work, pools, Family::V6, &owners[..ipv4.len()]).await?;
    put_back_each(work, ipv4.split_off(ipv6.len()).iter()).await?;
    Ok(ipv4.into_iter().zip(ipv6).map(|(ipv4, ipv6)| Taken { ipv4, ipv6: Some(ipv6) }).collect())
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

/// Puts back what was taken.
pub async fn put_back(work: &UnitOfWork, all: &[Taken]) -> Result<()> {
    put_back_each(work, all.iter().flat_map(Taken::all)).await
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

/// Reserves what was taken, and records `ip.reserved` for each.
pub async fn reserve_taken(work: &UnitOfWork, all: &[(&Actor, &Taken)]) -> Result<()> {
    let rows: Vec<_> = all.iter().flat_map(|(_, taken)| taken.all()).collect();
    insert(work, &rows).await?;
    let each = all.iter().flat_map(|(actor, taken)| taken.all().map(move |given| (actor, given)));
    let told = each.map(|(actor, given)| tell(actor, "ip.reserved", given, work.now()));
    work.record(told.collect::<Result<Vec<_>>>()?);
    Ok(())
}

/// What owners have. Asked for in the order of one index, it is not looked for in another that has nothing else but
/// what somebody has.
const OF_OWNERS: &str = "from {each} cross join lateral (
    select a.id from ip_allocations a where a.owner_id = r.id and a.released_at is null order by a.family limit 2
  ) held where ip_allocations.id = held.id";
const OF_OWNERS_SQLITE: &str = "where owner_id {among} and released_at is null";

/// Says of what was reserved for these owners that it is in use, and records `ip.allocated` for each, like
/// [`super::activate`] of one. Nobody else must be changing it.
pub async fn activate_each(work: &UnitOfWork, owners: &BTreeMap<Uuid, &Actor>) -> Result<()> {
    let values: [Value; 2] = [AllocationStatus::Active.into(), AllocationStatus::Pending.into()];
    let transaction = work.transaction().await?;
    let of_owners =
        if transaction.get_database_backend() == DbBackend::Postgres { OF_OWNERS } else { OF_OWNERS_SQLITE };
    let sql = format!(
        "update ip_allocations set status = $2 {of_owners} and ip_allocations.status = $3 returning {}",
        rows::every::<ip_allocation::Entity>()
    );
    let rows = rows::ids(owners.keys().copied());
    let statement = rows::statement(&transaction, &sql, rows::ID, &rows, values)?;
    let mut changed = Model::find_by_statement(statement).all(&transaction).await?;
    changed.sort_by_key(|it| it.id);
    let told = changed.iter().filter_map(|it| Some((owners.get(&it.owner_id)?, it)));
    let told = told.map(|(actor, it)| tell(actor, "ip.allocated", it, work.now()));
    work.record(told.collect::<Result<Vec<_>>>()?);
    Ok(())
}
