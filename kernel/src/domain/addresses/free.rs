//! The addresses of a pool that can be given out.

use crate::{
    error::{Error, Result},
    rows::{self, Type},
};
use entities::{ids::IpPoolId, ip_pool};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ConnectionTrait, EntityTrait, QuerySelect, Statement,
    sea_query::{LockBehavior, LockType},
};
use serde::Serialize;

/// Addresses at most that are put among the free ones at once.
const BLOCK: i64 = 1024;

/// Takes the lowest address that nobody else is taking; none when the pool is exhausted, which is only said when
/// nobody is taking one and may yet give it back.
pub(super) async fn take(transaction: &impl ConnectionTrait, pool: IpPoolId) -> Result<Option<i64>> {
    let found = take_free(transaction, pool, "for update skip locked").await?;
    if found.is_some() {
        return Ok(found);
    }
    // Whoever else finds nothing waits here, and then finds what this one opens. Who has found one and writes that down
    // refers to the pool, which must not wait for this: this one may be about to wait for that.
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

/// Takes the lowest addresses that nobody else is taking, so many or as many as there are; in no order. It waits for
/// nobody: while another is opening the pool, there may be fewer than it has.
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
    let locking = rows::locking(backend, "for update skip locked");
    // Materialized: those that are found have to be looked for once.
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
    let locking = rows::locking(backend, locking);
    let sql = format!(
        "delete from ip_free where pool_id = $1 and position =
           (select position from ip_free where pool_id = $1 order by position limit 1 {locking})
         returning position"
    );
    let statement = Statement::from_sql_and_values(backend, sql, [pool.into()]);
    let row = transaction.query_one_raw(statement).await?;
    Ok(row.map(|row| row.try_get("", "position")).transpose()?)
}

/// Puts the next ones among the free; false when all have been there.
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

/// Puts an address back.
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

/// Puts addresses of a pool back.
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
    let fields = &[("position", Type::Int)];
    transaction.execute_raw(rows::statement(transaction, sql, fields, &rows, [pool.into()])?).await?;
    Ok(())
}
