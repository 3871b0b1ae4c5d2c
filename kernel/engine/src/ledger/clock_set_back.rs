//! Handles a database clock that was set back: leases and waiting rows move earlier with it.

use chrono::{DateTime, TimeDelta, Utc};
use platform::{db::clock, error::Result};
use sea_orm::{ConnectionTrait, Statement};
use std::time::Duration;

/// The database's clock was set back by `by`. Leases end within `lease` from now, as usual. Jobs and deliveries that
/// were due are due now, and delays of others are shortened accordingly. Times of day are kept. If two processes do
/// this, a long delay is shortened twice.
pub async fn clock_set_back(
    db: &impl ConnectionTrait,
    by: TimeDelta,
    lease: Duration,
    now: DateTime<Utc>,
) -> Result<()> {
    shorten_leases(db, lease, lease, now).await?;
    move_earlier(db, &JOBS, by, now).await?;
    move_earlier(db, &DELIVERIES, by, now).await
}

/// Leases that end later than `longest` from now end within `lease`: no lease is that long, so the clock was set back
/// since, and the worker may have died before renewing it.
pub async fn shorten_leases(
    db: &impl ConnectionTrait,
    longest: Duration,
    lease: Duration,
    now: DateTime<Utc>,
) -> Result<()> {
    let backend = db.get_database_backend();
    let ((end, value), (bound, most)) =
        (clock::to_db_time(backend, 1, now + lease), clock::to_db_time(backend, 2, now + longest));
    let sql = format!("update jobs set lease_until = {end} where lease_until > {bound}");
    db.execute_raw(Statement::from_sql_and_values(backend, sql, [value, most])).await?;
    Ok(())
}

/// The waiting rows of a table.
struct Waiting {
    table: &'static str,
    /// The column with the time.
    column: &'static str,
    /// Which rows wait.
    which: &'static str,
    /// Which of them wait for a delay, not for a time of day.
    is_pause: &'static str,
}

const JOBS: Waiting = Waiting {
    table: "jobs",
    column: "run_at",
    which: "lease_until is null and finished_at is null",
    is_pause: "state = 'retrying'",
};
const DELIVERIES: Waiting =
    Waiting { table: "deliveries", column: "due_at", which: "sent_at is null", is_pause: "true" };

/// Rows that were due before are due now, and delays are shortened.
async fn move_earlier(
    db: &impl ConnectionTrait,
    Waiting { table, column, which, is_pause }: &Waiting,
    by: TimeDelta,
    now: DateTime<Utc>,
) -> Result<()> {
    let backend = db.get_database_backend();
    let (present, value) = clock::to_db_time(backend, 1, now);
    let (before, past) = clock::to_db_time(backend, 2, now + by);
    let (sooner, distance) = clock::minus(backend, column, 3, by);
    let sql = format!(
        "update {table} set {column} = case when {column} <= {before} then {present} else {sooner} end
         where {which} and {column} > {present} and ({column} <= {before} or {is_pause})"
    );
    db.execute_raw(Statement::from_sql_and_values(backend, sql, [value, past, distance])).await?;
    Ok(())
}
