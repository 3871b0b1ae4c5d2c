//! Who gets which address.

use super::{Block, free};
use crate::{
    Kernel, Work,
    error::{Error, Result},
    events,
};
use entities::{
    customer, event,
    ids::{CustomerId, IpAllocationId, OrganizationId},
    ip_allocation::{self, AllocationStatus},
    ip_pool::{self, Family, PoolStatus},
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QuerySelect,
};
use uuid::Uuid;

/// An address that is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// For what: who asks again for the same gets the same.
    pub owner: Uuid,
    /// For whom.
    pub customer: CustomerId,
    /// Which version.
    pub family: Family,
    /// From the pools of which region.
    pub region: &'a str,
}

/// Reserves an address, and records `ip.reserved`; none when no pool of the region has one left, which then says so.
pub async fn reserve(work: &Work, wanted: Wanted<'_>) -> Result<Option<ip_allocation::Model>> {
    let transaction = work.transaction().await?;
    let kept = ip_allocation::Entity::for_owner(wanted.owner)
        .filter(ip_allocation::Column::Family.eq(wanted.family))
        .one(&*transaction)
        .await?;
    if kept.is_some() {
        return Ok(kept);
    }
    let pools = ip_pool::Entity::of(work.actor.organization)
        .filter(ip_pool::Column::Region.eq(wanted.region))
        .filter(ip_pool::Column::Family.eq(wanted.family))
        .filter(ip_pool::Column::Status.ne(PoolStatus::Reserved))
        .all(&*transaction)
        .await?;
    drop(transaction);
    for pool in pools {
        let taken = free::take(&*work.transaction().await?, pool.id).await?;
        match taken {
            Some(position) => return give(work, &pool, position, wanted).await.map(Some),
            None => set_status(work, &pool, PoolStatus::Exhausted).await?,
        }
    }
    Ok(None)
}

async fn give(
    work: &Work,
    pool: &ip_pool::Model,
    position: i64,
    wanted: Wanted<'_>,
) -> Result<ip_allocation::Model> {
    let block = Block::new(&pool.network, u8::try_from(pool.prefix).ok()).map_err(Error::internal)?;
    let given = ip_allocation::Model {
        id: IpAllocationId::new(),
        organization_id: work.actor.organization,
        customer_id: wanted.customer,
        pool_id: pool.id,
        owner_id: wanted.owner,
        family: wanted.family,
        position,
        address: block.at(position).to_string(),
        subnet: format!("/{}", pool.prefix),
        gateway: block.gateway().map(|gateway| gateway.to_string()),
        status: AllocationStatus::Pending,
        allocated_at: work.now(),
        released_at: None,
    };
    let transaction = work.transaction().await?;
    ip_allocation::Entity::insert(given.clone().into_active_model())
        .exec_without_returning(&*transaction)
        .await?;
    drop(transaction);
    work.record(&[tell(work, "ip.reserved", &given)?]).await?;
    Ok(given)
}

fn tell(work: &Work, kind: &str, allocation: &ip_allocation::Model) -> Result<event::Model> {
    let payload = serde_json::to_value(allocation)?;
    let object = ("ip_allocation", allocation.id.0);
    Ok(events::event(&work.actor, kind, object, payload, work.now()))
}

/// Says of what was reserved for this that it is in use, and records `ip.allocated` for each. Again, it does nothing.
pub async fn activate(work: &Work, owner: Uuid) -> Result<()> {
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

/// Gives back what was reserved for this, and records `ip.released` for each. Again, it does nothing.
pub async fn release(work: &Work, owner: Uuid) -> Result<()> {
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
        free::put_back(&*transaction, allocation.pool_id, allocation.position).await?;
        let pool = ip_pool::Entity::find_by_id(allocation.pool_id).one(&*transaction).await?;
        drop(transaction);
        if let Some(pool) = pool.filter(|pool| pool.status == PoolStatus::Exhausted) {
            set_status(work, &pool, PoolStatus::Active).await?;
        }
    }
    Ok(())
}

async fn change(
    work: &Work,
    owner: Uuid,
    kind: &str,
    wanted: fn(&ip_allocation::Model) -> bool,
    change: impl Fn(ip_allocation::Model) -> ip_allocation::Model,
) -> Result<Vec<ip_allocation::Model>> {
    let transaction = work.transaction().await?;
    let found = ip_allocation::Entity::for_owner(owner).lock_exclusive().all(&*transaction).await?;
    let changed: Vec<_> = found.into_iter().filter(wanted).map(change).collect();
    for allocation in &changed {
        let row = ip_allocation::ActiveModel {
            id: Set(allocation.id),
            status: Set(allocation.status),
            released_at: Set(allocation.released_at),
            ..Default::default()
        };
        row.update(&*transaction).await?;
    }
    drop(transaction);
    let told = changed.iter().map(|allocation| tell(work, kind, allocation)).collect::<Result<Vec<_>>>()?;
    work.record(&told).await?;
    Ok(changed)
}

/// Gives a pool a status, and records `ip_pool.exhausted` or `ip_pool.available`.
async fn set_status(work: &Work, pool: &ip_pool::Model, status: PoolStatus) -> Result<()> {
    if pool.status == status {
        return Ok(());
    }
    super::pools::change(work, pool, status).await
}

/// What the customer has and had, newest first. Of another organization's customer: not found.
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

/// Whether the region has a pool of addresses of this version, exhausted or not.
pub async fn has_pool(work: &Work, region: &str, family: Family) -> Result<bool> {
    let pools = ip_pool::Entity::of(work.actor.organization)
        .filter(ip_pool::Column::Region.eq(region))
        .filter(ip_pool::Column::Family.eq(family))
        .filter(ip_pool::Column::Status.ne(PoolStatus::Reserved));
    Ok(pools.count(&*work.transaction().await?).await? > 0)
}
