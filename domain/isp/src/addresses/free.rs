//! The free addresses of a pool.

use entities::{ids::IpPoolId, ip_pool};
use platform::{
    bulk::{self, SqlType},
    error::{Error, Result},
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ConnectionTrait, EntityTrait, QuerySelect, Statement,
    sea_query::{LockBehavior, LockType},
};
use serde::Serialize;

/// Maximum number of addresses added to the free list at once.
const BLOCK: i64 = 1024;

/// Takes the lowest unlocked free address; `None` if the pool is exhausted, which is decided only when no other
/// transaction has an address locked that it may release.
pub(super) async fn take(transaction: &impl ConnectionTrait, pool: IpPoolId) -> Result<Option<i64>> {
    let found = take_free(transaction, pool, "for update skip locked").await?;
    if found.is_some() {
        return Ok(found);
    }
    // Other transactions that find nothing wait here, and then find the addresses added by this one. Those that have
    // found one and insert an allocation reference the pool and must not wait for this transaction, which may be about
    // to wait for them.
    let locked = ip_pool::Entity::find_by_id(pool).lock(LockType::NoKeyUpdate).one(transaction).await?;
    let locked = locked.ok_or(Error::NotFound("Pool"))?;
    let found = take_free(transaction, pool, "for update skip locked").await?;
    if found.is_some() {
        return Ok(found);
    }
    if open(transaction, &locked).await? {
        return take_free(transaction, pool, "for update skip locked").await;
    }
    take_free(transaction, pool, "for update").await
}

/// Takes up to this many of the lowest unlocked free addresses, in no order. Waits for no lock: while another
/// transaction adds addresses, there may be fewer than the pool has.
pub(super) async fn take_many(
    transaction: &impl ConnectionTrait,
    pool: IpPoolId,
    count: usize,
) -> Result<Vec<i64>> {
    let mut found = take_free_many(transaction, pool, count).await?;
    while found.len() < count {
        let locked = ip_pool::Entity::find_by_id(pool)
            .lock_with_behavior(LockType::NoKeyUpdate, LockBehavior::SkipLocked);
        let Some(locked) = locked.one(transaction).await? else { break };
        if !open(transaction, &locked).await? {
            break;
        }
        found.extend(take_free_many(transaction, pool, count - found.len()).await?);
    }
    Ok(found)
}

async fn take_free_many(
    transaction: &impl ConnectionTrait,
    pool: IpPoolId,
    count: usize,
) -> Result<Vec<i64>> {
    let backend = transaction.get_database_backend();
    let locking = bulk::locking(backend, "for update skip locked");
    // Materialized, so that the addresses are selected once.
    let sql = format!(
        "with found as materialized
           (select position from ip_free where pool_id = $1 order by position limit $2 {locking})
         delete from ip_free where pool_id = $1 and position in (select position from found)
         returning position"
    );
    let values = [pool.into(), i64::try_from(count).unwrap_or(i64::MAX).into()];
    let found = transaction.query_all_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    Ok(found.iter().map(|row| row.try_get("", "position")).collect::<Result<_, _>>()?)
}

async fn take_free(transaction: &impl ConnectionTrait, pool: IpPoolId, locking: &str) -> Result<Option<i64>> {
    let backend = transaction.get_database_backend();
    let locking = bulk::locking(backend, locking);
    let sql = format!(
        "delete from ip_free where pool_id = $1 and position =
           (select position from ip_free where pool_id = $1 order by position limit 1 {locking})
         returning position"
    );
    let statement = Statement::from_sql_and_values(backend, sql, [pool.into()]);
    let row = transaction.query_one_raw(statement).await?;
    Ok(row.map(|row| row.try_get("", "position")).transpose()?)
}

/// Adds the next addresses to the free list; false if all were added.
async fn open(transaction: &impl ConnectionTrait, pool: &ip_pool::Model) -> Result<bool> {
    if pool.opened >= pool.size {
        return Ok(false);
    }
    let end = (pool.opened + BLOCK).min(pool.size);
    let sql = "with recursive next(position) as (
        select cast($2 as bigint) union all select position + 1 from next where position + 1 < $3)
      insert into ip_free (pool_id, position) select $1, position from next";
    let values = [pool.id.into(), pool.opened.into(), end.into()];
    transaction
        .execute_raw(Statement::from_sql_and_values(transaction.get_database_backend(), sql, values))
        .await?;
    let row = ip_pool::ActiveModel { id: Set(pool.id), opened: Set(end), ..Default::default() };
    row.update(transaction).await?;
    Ok(true)
}

/// Returns an address.
pub(super) async fn put_back(
    transaction: &impl ConnectionTrait,
    pool: IpPoolId,
    position: i64,
) -> Result<()> {
    let sql = "insert into ip_free (pool_id, position) values ($1, $2)";
    let values = [pool.into(), position.into()];
    let statement = Statement::from_sql_and_values(transaction.get_database_backend(), sql, values);
    transaction.execute_raw(statement).await?;
    Ok(())
}

/// Returns addresses of a pool.
pub(super) async fn put_back_many(
    transaction: &impl ConnectionTrait,
    pool: IpPoolId,
    positions: &[i64],
) -> Result<()> {
    #[derive(Serialize)]
    struct Row {
        position: i64,
    }
    let rows: Vec<_> = positions.iter().map(|position| Row { position: *position }).collect();
    let sql = "insert into ip_free (pool_id, position) select $2, position from {rows}";
    let fields = &[("position", SqlType::Int)];
    transaction.execute_raw(bulk::statement(transaction, sql, fields, &rows, [pool.into()])?).await?;
    Ok(())
}
