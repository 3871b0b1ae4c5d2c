//! A clock that was set back: nothing waits for it to be as late again as it was.

use crate::{db::clock, error::Result};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, Statement};
use std::time::Duration;

/// The database's clock was set back by `by`. Leases end within `lease` from now, as any does. Jobs and deliveries
/// that were due before are due now, and the pauses of others end as much earlier as they would end too late. What
/// is wanted for a time of day stays. Done twice, by two processes, a long pause is shorter than it was to be.
pub async fn set_back(
    db: &impl ConnectionTrait,
    by: TimeDelta,
    lease: Duration,
    now: DateTime<Utc>,
) -> Result<()> {
    shorten_leases(db, lease, lease, now).await?;
    let jobs = "jobs where lease_until is null and finished_at is null";
    earlier(db, (jobs, "run_at", "state = 'retrying'"), by, now).await?;
    let deliveries = "deliveries where sent_at is null";
    earlier(db, (deliveries, "due_at", "true"), by, now).await
}

/// Leases that end later than `longest` from now end within `lease`: no lease that is written now is as long, so the
/// clock was set back since, and the worker may have died before it could renew it.
pub async fn shorten_leases(
    db: &impl ConnectionTrait,
    longest: Duration,
    lease: Duration,
    now: DateTime<Utc>,
) -> Result<()> {
    let backend = db.get_database_backend();
    let ((end, value), (bound, most)) =
        (clock::on(backend, 1, now + lease), clock::on(backend, 2, now + longest));
    let sql = format!("update jobs set lease_until = {end} where lease_until > {bound}");
    db.execute_raw(Statement::from_sql_and_values(backend, sql, [value, most])).await?;
    Ok(())
}

/// Of rows that wait: what was due before is due now, and pauses are shorter.
async fn earlier(
    db: &impl ConnectionTrait,
    (rows, column, is_pause): (&str, &str, &str),
    by: TimeDelta,
    now: DateTime<Utc>,
) -> Result<()> {
    let backend = db.get_database_backend();
    let (present, value) = clock::on(backend, 1, now);
    let (before, past) = clock::on(backend, 2, now + by);
    let (sooner, distance) = clock::earlier(backend, column, 3, by);
    let (table, which) = rows.split_once(' ').unwrap_or((rows, ""));
    let sql = format!(
        "update {table} set {column} = case when {column} <= {before} then {present} else {sooner} end
         {which} and {column} > {present} and ({column} <= {before} or {is_pause})"
    );
    db.execute_raw(Statement::from_sql_and_values(backend, sql, [value, past, distance])).await?;
    Ok(())
}
