//! Reserves, activates and releases addresses.

use super::{Block, free};
use chrono::{DateTime, Utc};
use entities::{
    customer, event,
    ids::{CustomerId, IpAllocationId, OrganizationId},
    ip_allocation::{self, AllocationStatus},
    ip_pool::{self, Family, PoolStatus},
};
use kernel::{
    Kernel, UnitOfWork,
    events::{self, Actor},
};
use platform::{
    bulk::{self, SqlType},
    error::{Error, Result},
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect, sea_query::Expr,
};
use serde::Serialize;
use uuid::Uuid;

/// A request for an address.
#[derive(Debug, Clone, Copy)]
pub struct AllocationRequest<'a> {
    /// The owner: the same owner gets the same address again.
    pub owner: Uuid,
    /// The customer.
    pub customer: CustomerId,
    /// The IP version.
    pub family: Family,
    /// The region of the pools.
    pub region: &'a str,
}

/// The result of a reservation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reserved {
    /// Reserved.
    Given(ip_allocation::Model),
    /// The region's pools are exhausted, and marked so.
    Exhausted,
    /// The region has no pool.
    NoPool,
}

/// Reserves an address, and records `ip.reserved`; `None` if the region's pools are exhausted, which are then marked
/// so.
pub async fn reserve(
    work: &UnitOfWork,
    wanted: AllocationRequest<'_>,
) -> Result<Option<ip_allocation::Model>> {
    let [reserved] = reserve_each(work, [wanted]).await?;
    Ok(match reserved {
        Reserved::Given(allocation) => Some(allocation),
        Reserved::Exhausted | Reserved::NoPool => None,
    })
}

/// Reserves one address per version for an owner in a region, with hardly more statements than for one. Those reserved
/// before another version turns out to be exhausted stay reserved.
pub async fn reserve_each<const N: usize>(
    work: &UnitOfWork,
    wanted: [AllocationRequest<'_>; N],
) -> Result<[Reserved; N]> {
    let mut found = [(); N].map(|()| Reserved::NoPool);
    let Some(first) = wanted.first() else { return Ok(found) };
    let transaction = work.transaction().await?;
    let kept = ip_allocation::Entity::for_owner(first.owner).all(&transaction).await?;
    let pools = pools(&transaction, work, first.region).await?;
    let mut given = vec![];
    for (wanted, found) in wanted.iter().zip(&mut found) {
        if let Some(kept) = kept.iter().find(|kept| kept.family == wanted.family) {
            *found = Reserved::Given(kept.clone());
            continue;
        }
        *found = take(work, pools.iter().filter(|pool| pool.family == wanted.family), *wanted).await?;
        if let Reserved::Given(new) = found {
            given.push(new.clone());
        }
    }
    keep(work, given).await?;
    Ok(found)
}

/// The available pools of a region.
async fn pools(db: &impl ConnectionTrait, work: &UnitOfWork, region: &str) -> Result<Vec<ip_pool::Model>> {
    let pools = ip_pool::Entity::of(work.actor.organization)
        .filter(ip_pool::Column::Region.eq(region))
        .filter(ip_pool::Column::Status.ne(PoolStatus::Reserved));
    Ok(pools.all(db).await?)
}

/// Takes an address from the first of the pools that has one.
async fn take<'a>(
    work: &UnitOfWork,
    pools: impl Iterator<Item = &'a ip_pool::Model>,
    wanted: AllocationRequest<'_>,
) -> Result<Reserved> {
    let mut found = Reserved::NoPool;
    for pool in pools {
        let taken = free::take(&work.transaction().await?, pool.id).await?;
        match taken {
            Some(position) => {
                let for_whom = (wanted.owner, wanted.customer);
                return allocation(pool, position, for_whom, work.now()).map(Reserved::Given);
            }
            None => set_status(work, pool, PoolStatus::Exhausted).await?,
        }
        found = Reserved::Exhausted;
    }
    Ok(found)
}

/// The allocation of a position of a pool.
pub(super) fn allocation(
    pool: &ip_pool::Model,
    position: i64,
    (owner_id, customer_id): (Uuid, CustomerId),
    now: DateTime<Utc>,
) -> Result<ip_allocation::Model> {
    let block = Block::new(&pool.network, u8::try_from(pool.prefix).ok()).map_err(Error::internal)?;
    Ok(ip_allocation::Model {
        id: IpAllocationId::new(),
        organization_id: pool.organization_id,
        customer_id,
        pool_id: pool.id,
        owner_id,
        family: pool.family,
        position,
        address: block.at(position).to_string(),
        subnet: format!("/{}", pool.prefix),
        gateway: block.gateway().map(|gateway| gateway.to_string()),
        status: AllocationStatus::Pending,
        allocated_at: now,
        released_at: None,
    })
}

async fn keep(work: &UnitOfWork, given: Vec<ip_allocation::Model>) -> Result<()> {
    if given.is_empty() {
        return Ok(());
    }
    insert(work, &given).await?;
    let events = given.iter().map(|given| event_for(&work.actor, "ip.reserved", given, work.now()));
    work.record(events.collect::<Result<Vec<_>>>()?);
    Ok(())
}

/// Inserts reservations.
pub(super) async fn insert(work: &UnitOfWork, given: &impl Serialize) -> Result<()> {
    const FIELDS: &bulk::Fields = &[
        ("id", SqlType::Uuid),
        ("organization_id", SqlType::Uuid),
        ("customer_id", SqlType::Uuid),
        ("pool_id", SqlType::Uuid),
        ("owner_id", SqlType::Uuid),
        ("family", SqlType::Text),
        ("position", SqlType::Int),
        ("address", SqlType::Text),
        ("subnet", SqlType::Text),
        ("gateway", SqlType::Text),
        ("status", SqlType::Text),
        ("allocated_at", SqlType::Time),
        ("released_at", SqlType::Time),
    ];
    let sql = "insert into ip_allocations ({columns}) select {columns} from {rows}";
    let transaction = work.transaction().await?;
    transaction.execute_raw(bulk::statement(&transaction, sql, FIELDS, given, [])?).await?;
    Ok(())
}

/// The event of an allocation.
pub(super) fn event_for(
    actor: &Actor,
    kind: &str,
    allocation: &ip_allocation::Model,
    now: DateTime<Utc>,
) -> Result<event::Model> {
    events::event(actor, kind, ("ip_allocation", allocation.id.0), allocation, now)
}

/// Marks the owner's reservations as in use, and records `ip.allocated` for each. Idempotent.
pub async fn activate(work: &UnitOfWork, owner: Uuid) -> Result<()> {
    change(
        work,
        owner,
        "ip.allocated",
        |it| it.status == AllocationStatus::Pending,
        |it| ip_allocation::Model { status: AllocationStatus::Active, ..it },
    )
    .await
    .map(drop)
}

/// Releases the owner's addresses, and records `ip.released` for each. Idempotent.
pub async fn release(work: &UnitOfWork, owner: Uuid) -> Result<()> {
    let now = work.now();
    let released = change(
        work,
        owner,
        "ip.released",
        |_| true,
        |it| ip_allocation::Model { status: AllocationStatus::Released, released_at: Some(now), ..it },
    );
    for allocation in released.await? {
        let transaction = work.transaction().await?;
        free::put_back(&transaction, allocation.pool_id, allocation.position).await?;
        let pool = ip_pool::Entity::find_by_id(allocation.pool_id).one(&transaction).await?;
        if let Some(pool) = pool.filter(|pool| pool.status == PoolStatus::Exhausted) {
            set_status(work, &pool, PoolStatus::Active).await?;
        }
    }
    Ok(())
}

async fn change(
    work: &UnitOfWork,
    owner: Uuid,
    kind: &str,
    wanted: fn(&ip_allocation::Model) -> bool,
    change: impl Fn(ip_allocation::Model) -> ip_allocation::Model,
) -> Result<Vec<ip_allocation::Model>> {
    let transaction = work.transaction().await?;
    let found = ip_allocation::Entity::for_owner(owner).lock_exclusive().all(&transaction).await?;
    let changed: Vec<_> = found.into_iter().filter(wanted).map(change).collect();
    // All of them get the same status.
    if let Some(first) = changed.first() {
        ip_allocation::Entity::update_many()
            .col_expr(ip_allocation::Column::Status, Expr::value(first.status))
            .col_expr(ip_allocation::Column::ReleasedAt, Expr::value(first.released_at))
            .filter(ip_allocation::Column::Id.is_in(changed.iter().map(|it| it.id)))
            .exec(&transaction)
            .await?;
    }
    if changed.is_empty() {
        return Ok(changed);
    }
    let events = changed.iter().map(|allocation| event_for(&work.actor, kind, allocation, work.now()));
    work.record(events.collect::<Result<Vec<_>>>()?);
    Ok(changed)
}

/// Sets the status of a pool, and records `ip_pool.exhausted` or `ip_pool.available`.
async fn set_status(work: &UnitOfWork, pool: &ip_pool::Model, status: PoolStatus) -> Result<()> {
    if pool.status == status {
        return Ok(());
    }
    super::pools::change(work, pool, status).await
}

/// The customer's current and past allocations, newest first. `NotFound` for another organization's customer.
pub async fn of_customer(
    kernel: &Kernel,
    organization: OrganizationId,
    id: CustomerId,
) -> Result<Vec<ip_allocation::Model>> {
    let db = kernel.db.reader();
    let found = ip_allocation::Entity::of(id);
    let found = found.filter(ip_allocation::Column::OrganizationId.eq(organization)).all(db).await?;
    if found.is_empty() && customer::Entity::one_of(organization, id).count(db).await? == 0 {
        return Err(Error::NotFound("Customer"));
    }
    Ok(found)
}
