//! Retention: removes expired jobs, with their errors and chunks (by cascade).

use chrono::{DateTime, Utc};
use platform::error::Result;
use sea_orm::{ConnectionTrait, Statement};

/// Removes at most `batch` expired jobs; returns their number. A small batch keeps the transaction short.
pub async fn sweep(db: &impl ConnectionTrait, batch: u64, now: DateTime<Utc>) -> Result<u64> {
    let sql = "delete from jobs where id in (
        select id from jobs where finished_at is not null and expires_at < $1 limit $2)";
    let values = [now.into(), i64::try_from(batch).unwrap_or(i64::MAX).into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(db.execute_raw(statement).await?.rows_affected())
}
