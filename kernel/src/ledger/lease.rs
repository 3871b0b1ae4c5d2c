//! Leases: a running job belongs to its worker until the lease runs out. Workers renew what they hold,
//! and learn at the same time what they have lost and what they should stop.

use super::{PendingPush, finish::Finished};
use crate::{
    db::{Transaction, clock},
    error::Result,
    rows::{self, Type},
};
use chrono::{DateTime, Utc};
use entities::{
    ids::JobId,
    job::{self, JobState},
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter, TransactionTrait,
};
use serde::Serialize;
use std::time::Duration;
use tokio::time::sleep;

/// A job that a worker holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct JobLease {
    /// The job.
    pub id: JobId,
    /// The start that the worker holds it by.
    pub attempt: i32,
}

/// A lease that was renewed.
#[derive(Debug, FromQueryResult)]
pub struct Renewal {
    /// The job.
    pub id: JobId,
    /// Somebody asked for it to stop.
    pub cancel_requested_at: Option<DateTime<Utc>>,
}

pub(super) const FIELDS: &rows::Fields = &[("id", Type::Uuid), ("attempt", Type::Int)];

/// Renews; a job of `held` that is missing in the answer is not this worker's any more.
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
    let statement = rows::statement(db, &sql, FIELDS, &held, [value])?;
    Ok(Renewal::find_by_statement(statement).all(db).await?)
}

/// Gives jobs back that the worker has not finished and will not: they are ready again at once, and the
/// attempt is not charged.
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
    let statement = rows::statement(db, &sql, FIELDS, &held, [value])?;
    let released = Finished::find_by_statement(statement).all(db).await?;
    Ok(released.iter().filter_map(Finished::queue_entry).collect())
}

/// Whether the worker still holds the job, by this start.
pub async fn is_held(db: &impl ConnectionTrait, held: JobLease) -> Result<bool> {
    let found = job::Entity::find_by_id(held.id)
        .filter(job::Column::Attempt.eq(held.attempt))
        .filter(job::Column::State.eq(JobState::Running));
    Ok(found.count(db).await? > 0)
}

/// How often [`lock`] tries it, and after which pause again: as long as it takes to renew many leases.
const TRIES: (u32, Duration) = (10, Duration::from_millis(5));

/// Locks jobs that are to be finished together with others' effects, within their transaction; false when one of them
/// is not this worker's any more, or somebody goes on holding it. While somebody does, such as who is just renewing
/// them, none is held: who finishes many rows and who renews many take them in different orders.
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
    let locking = rows::locking(transaction.get_database_backend(), "for update of jobs skip locked");
    let sql = format!(
        "select jobs.id from {{each}} join jobs on jobs.id = r.id
         where jobs.attempt = r.attempt and jobs.state = 'running' {locking}"
    );
    let locked = transaction.query_all_raw(rows::statement(transaction, &sql, FIELDS, &held, [])?).await?;
    Ok(locked.len() == held.len())
}
