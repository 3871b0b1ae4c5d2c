//! Leases: a running job belongs to its worker until the lease expires. Renewal reports lost leases and cancellations.

use super::{PendingPush, finish::Finished};
use chrono::{DateTime, Utc};
use entities::{
    ids::JobId,
    job::{self, JobState},
};
use platform::{
    bulk::{self, SqlType},
    db::{Transaction, clock},
    error::Result,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter, TransactionTrait,
};
use serde::Serialize;
use std::time::Duration;
use tokio::time::sleep;

/// A job leased by a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct JobLease {
    /// The job.
    pub id: JobId,
    /// The attempt.
    pub attempt: i32,
}

/// A lease that was renewed.
#[derive(Debug, FromQueryResult)]
pub struct Renewal {
    /// The job.
    pub id: JobId,
    /// When it was cancelled, if it was.
    pub cancel_requested_at: Option<DateTime<Utc>>,
}

pub(super) const FIELDS: &bulk::Fields = &[("id", SqlType::Uuid), ("attempt", SqlType::Int)];

/// Renews leases; a job of `held` that is missing in the result is no longer this worker's.
pub async fn renew(
    db: &impl ConnectionTrait,
    held: &[JobLease],
    until: DateTime<Utc>,
) -> Result<Vec<Renewal>> {
    let (until, value) = clock::to_db_time(db.get_database_backend(), 2, until);
    let sql = format!(
        "update jobs set lease_until = {until} from {{rows}}
         where jobs.id = r.id and jobs.attempt = r.attempt and jobs.state = 'running'
         returning jobs.id, jobs.cancel_requested_at"
    );
    let statement = bulk::statement(db, &sql, FIELDS, &held, [value])?;
    Ok(Renewal::find_by_statement(statement).all(db).await?)
}

/// Releases unfinished jobs: they are ready immediately, and the attempt does not count.
pub async fn release(
    db: &impl ConnectionTrait,
    held: &[JobLease],
    now: DateTime<Utc>,
) -> Result<PendingPush> {
    let (present, value) = clock::to_db_time(db.get_database_backend(), 2, now);
    let sql = format!(
        "update jobs set state = 'retrying', run_at = {present}, lease_until = null from {{rows}}
         where jobs.id = r.id and jobs.attempt = r.attempt and jobs.state = 'running'
         returning jobs.id, jobs.organization_id, jobs.parent_id, jobs.kind, jobs.priority, jobs.state, jobs.run_at"
    );
    let statement = bulk::statement(db, &sql, FIELDS, &held, [value])?;
    let released = Finished::find_by_statement(statement).all(db).await?;
    Ok(released.iter().filter_map(Finished::queue_entry).collect())
}

/// Whether the worker still has the lease of this attempt.
pub async fn is_held(db: &impl ConnectionTrait, held: JobLease) -> Result<bool> {
    let found = job::Entity::find_by_id(held.id)
        .filter(job::Column::Attempt.eq(held.attempt))
        .filter(job::Column::State.eq(JobState::Running));
    Ok(found.count(db).await? > 0)
}

/// How often and at which interval [`lock`] tries: as long as renewing many leases takes.
const TRIES: (u32, Duration) = (10, Duration::from_millis(5));

/// Locks jobs to finish them with their effects, in their transaction; false if one of them is no longer this worker's
/// or stays locked by another transaction. Between tries none is locked, because finishing and renewing many rows lock
/// them in different orders.
pub async fn lock(transaction: &Transaction, held: &[JobLease]) -> Result<bool> {
    for _ in 0..TRIES.0 {
        let attempt = transaction.begin().await?;
        if try_lock(&attempt, held).await? {
            attempt.commit().await?;
            return Ok(true);
        }
        attempt.rollback().await?;
        sleep(TRIES.1).await;
    }
    Ok(false)
}

async fn try_lock(transaction: &impl ConnectionTrait, held: &[JobLease]) -> Result<bool> {
    let locking = bulk::locking(transaction.get_database_backend(), "for update of jobs skip locked");
    let sql = format!(
        "select jobs.id from {{rows_by_key}} join jobs on jobs.id = r.id
         where jobs.attempt = r.attempt and jobs.state = 'running' {locking}"
    );
    let locked = transaction.query_all_raw(bulk::statement(transaction, &sql, FIELDS, &held, [])?).await?;
    Ok(locked.len() == held.len())
}
