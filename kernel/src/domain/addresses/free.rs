//! The addresses of a pool that can be given out.

use crate::error::{Error, Result};
use entities::{ids::IpPoolId, ip_pool};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DbBackend, EntityTrait, QuerySelect, Statement,
    sea_query::LockType,
};

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

async fn take_free(transaction: &impl ConnectionTrait, pool: IpPoolId, locking: &str) -> Result<Option<i64>> {
    let backend = transaction.get_database_backend();
    let locking = if backend == DbBackend::Postgres { locking } else { "" };
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
