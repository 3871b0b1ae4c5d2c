//! Pools: created by the operator, and their utilization.

use super::Block;
use chrono::{DateTime, NaiveTime, Utc};
use entities::{
    ids::{IpPoolId, OrganizationId},
    ip_pool::{self, PoolStatus},
};
use kernel::{Kernel, UnitOfWork, events};
use platform::error::{Error, Fault, Field, Result};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, FromQueryResult, IntoActiveModel,
    QueryFilter, QuerySelect, Statement,
};
use std::collections::HashMap;

/// Maximum number of days of a pool's history.
const DAYS: u64 = 366;

/// A pool and its utilization.
#[derive(Debug)]
pub struct Pool {
    /// The pool.
    pub record: ip_pool::Model,
    /// The number of allocated addresses.
    pub allocated: i64,
}

/// The utilization of a pool on a day.
#[derive(Debug, FromQueryResult)]
pub struct Snapshot {
    /// The start of the day, in UTC.
    pub day: DateTime<Utc>,
    /// The number of allocated addresses.
    pub allocated: i64,
    /// The number of addresses.
    pub size: i64,
}

/// Creates a pool, and records `ip_pool.created`. Fails if the name is in use, or the network overlaps with another
/// pool of the organization.
pub async fn add(
    work: &UnitOfWork,
    name: &str,
    region: &str,
    network: &str,
    block: Block,
) -> Result<ip_pool::Model> {
    let transaction = work.transaction().await?;
    let pools = ip_pool::Entity::of(work.actor.organization).lock_exclusive().all(&transaction).await?;
    if let Some(refusal) = pools.iter().find_map(|pool| refusal(pool, name, &block)) {
        return Err(refusal);
    }
    let pool = ip_pool::Model {
        id: IpPoolId::new(),
        organization_id: work.actor.organization,
        name: name.into(),
        family: block.family(),
        network: network.into(),
        prefix: block.prefix().into(),
        region: region.into(),
        status: PoolStatus::Active,
        size: block.size(),
        opened: 0,
        created_at: work.now(),
    };
    pool.clone().into_active_model().insert(&transaction).await?;
    let about = ("ip_pool", pool.id.0);
    work.record([events::event(&work.actor, "ip_pool.created", about, &pool, work.now())?]);
    Ok(pool)
}

fn refusal(other: &ip_pool::Model, name: &str, block: &Block) -> Option<Error> {
    if other.name == name {
        let message = format!("A pool named {name} already exists");
        return Some(Error::Conflict { message, field: Some(Field::Name) });
    }
    let theirs = Block::new(&other.network, u8::try_from(other.prefix).ok()).ok()?;
    let text = || format!("overlaps with {} of the pool {}", other.network, other.name);
    block.overlaps(&theirs).then(|| Error::invalid(Fault::field(Field::Network, text())))
}

/// Reserves a pool, or makes it available again.
pub async fn set_reserved(work: &UnitOfWork, name: &str, reserved: bool) -> Result<ip_pool::Model> {
    let named = ip_pool::Entity::of(work.actor.organization).filter(ip_pool::Column::Name.eq(name));
    let found = named.lock_exclusive().one(&work.transaction().await?).await?;
    let pool = found.ok_or(Error::NotFound("Pool"))?;
    let status = if reserved { PoolStatus::Reserved } else { PoolStatus::Active };
    if pool.status != status {
        change(work, &pool, status).await?;
    }
    Ok(ip_pool::Model { status, ..pool })
}

/// Changes the status of a pool, and records it.
pub(super) async fn change(work: &UnitOfWork, before: &ip_pool::Model, status: PoolStatus) -> Result<()> {
    let row = ip_pool::ActiveModel { id: Set(before.id), status: Set(status), ..Default::default() };
    let after = row.update(&work.transaction().await?).await?;
    let kind = match status {
        PoolStatus::Active => "ip_pool.available",
        PoolStatus::Exhausted => "ip_pool.exhausted",
        PoolStatus::Reserved => "ip_pool.reserved",
    };
    let object = ("ip_pool", after.id.0);
    let event = events::change(&work.actor, kind, object, (before, &after), work.now())?;
    work.record([event]);
    Ok(())
}

#[derive(FromQueryResult)]
struct Count {
    pool_id: IpPoolId,
    allocated: i64,
}

/// The organization's pools, by name.
pub async fn list(kernel: &Kernel, organization: OrganizationId) -> Result<Vec<Pool>> {
    let pools = ip_pool::Entity::of(organization).all(kernel.db.reader()).await?;
    counted(kernel, organization, pools).await
}

/// The utilization of pools, in one statement.
async fn counted(
    kernel: &Kernel,
    organization: OrganizationId,
    pools: Vec<ip_pool::Model>,
) -> Result<Vec<Pool>> {
    let db = kernel.db.reader();
    let sql = "select p.id as pool_id, count(*) as allocated
      from ip_pools p join ip_allocations a on a.pool_id = p.id
      where p.organization_id = $1 and a.released_at is null group by p.id";
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, [organization.into()]);
    let counts = Count::find_by_statement(statement).all(db).await?;
    let counts: HashMap<_, _> = counts.into_iter().map(|row| (row.pool_id, row.allocated)).collect();
    let pool =
        |record: ip_pool::Model| Pool { allocated: counts.get(&record.id).copied().unwrap_or(0), record };
    Ok(pools.into_iter().map(pool).collect())
}

/// A pool of the organization and its daily utilization, oldest first.
pub async fn utilization(
    kernel: &Kernel,
    organization: OrganizationId,
    id: IpPoolId,
) -> Result<(Pool, Vec<Snapshot>)> {
    let db = kernel.db.reader();
    let found = ip_pool::Entity::of(organization).filter(ip_pool::Column::Id.eq(id)).one(db).await?;
    let pools = counted(kernel, organization, found.into_iter().collect()).await?;
    let pool = pools.into_iter().next().ok_or(Error::NotFound("Pool"))?;
    let sql =
        "select day, allocated, size from ip_pool_snapshots where pool_id = $1 order by day desc limit $2";
    let values = [id.into(), DAYS.into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let mut days = Snapshot::find_by_statement(statement).all(db).await?;
    days.reverse();
    Ok((pool, days))
}

/// Takes a snapshot of the utilization of all pools, once per day (UTC).
pub async fn snapshot(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<u64> {
    let day = now.date_naive().and_time(NaiveTime::MIN).and_utc();
    let sql = "insert into ip_pool_snapshots (pool_id, day, allocated, size)
      select p.id, $1, (select count(*) from ip_allocations a where a.pool_id = p.id and a.released_at is null), p.size
      from ip_pools p
      where not exists (select 1 from ip_pool_snapshots s where s.pool_id = p.id and s.day = $1)
      on conflict do nothing";
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, [day.into()]);
    Ok(db.execute_raw(statement).await?.rows_affected())
}

/// Takes a snapshot of the actor's organization's pools at the time of the unit of work, unless that day has one. For
/// seeding past days with a moved clock.
pub(crate) async fn note(work: &UnitOfWork) -> Result<()> {
    let (now, transaction) = (work.now(), work.transaction().await?);
    let day = now.date_naive().and_time(NaiveTime::MIN).and_utc();
    let sql = "insert into ip_pool_snapshots (pool_id, day, allocated, size)
      select p.id, $1, (select count(*) from ip_allocations a where a.pool_id = p.id and a.allocated_at <= $2
        and (a.released_at is null or a.released_at > $2)), p.size
      from ip_pools p where p.organization_id = $3
      on conflict do nothing";
    let values = [day.into(), now.into(), work.actor.organization.into()];
    let statement = Statement::from_sql_and_values(transaction.get_database_backend(), sql, values);
    transaction.execute_raw(statement).await?;
    Ok(())
}
