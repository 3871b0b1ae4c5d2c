//! Wakes a job whose awaited answer has come.

use super::{Finished, PendingPush};
use chrono::{DateTime, Utc};
use entities::{
    ids::JobId,
    job::{self, JobState},
};
use platform::{db::clock, error::Result};
use sea_orm::{ConnectionTrait, EntityTrait, FromQueryResult, Statement};

/// Makes a waiting job ready immediately, in the transaction that stores the answer. A running job may have checked
/// already and be about to wait: it is marked, and its end finds the mark. So nothing is lost, whichever comes first.
/// An ended job does not change.
pub async fn wake(transaction: &impl ConnectionTrait, job: JobId, now: DateTime<Utc>) -> Result<PendingPush> {
    let backend = transaction.get_database_backend();
    let (present, value) = clock::to_db_time(backend, 2, now);
    let sql = format!(
        "update jobs set woken_at = case when state = 'running' then {present} else null end,
           run_at = case when state <> 'running' and run_at > {present} then {present} else run_at end
         where id = $1 and state in ('queued', 'running', 'retrying')
         returning id, organization_id, parent_id, kind, priority, state, run_at"
    );
    let statement = Statement::from_sql_and_values(backend, sql, [job.into(), value]);
    let woken = Finished::find_by_statement(statement).all(transaction).await?;
    Ok(woken.iter().filter(|job| job.state != JobState::Running).filter_map(Finished::queue_entry).collect())
}

/// Whether the job has not ended.
pub async fn is_open(db: &impl ConnectionTrait, job: JobId) -> Result<bool> {
    let found = job::Entity::find_by_id(job).one(db).await?;
    Ok(found.is_some_and(|job| !job.state.is_final()))
}
