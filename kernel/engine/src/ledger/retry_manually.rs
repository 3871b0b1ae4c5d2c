//! Manual retry: a failed, quarantined or cancelled job starts again, with its counters reset; a parent starts again
//! with its children that did not succeed.

use super::{Finished, PendingPush};
use chrono::{DateTime, Utc};
use entities::{
    ids::JobId,
    job::{self, JobState},
};
use platform::error::{Error, Result};
use sea_orm::{ConnectionTrait, EntityTrait, FromQueryResult, Statement};

/// Makes the job ready again. Its progress stays, so it resumes where it stopped. `Conflict` for an open or succeeded
/// job, and for a child of an ended job: retry its parent instead.
pub async fn retry_manually(
    transaction: &impl ConnectionTrait,
    id: JobId,
    keep_until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<PendingPush> {
    check(transaction, id).await?;
    let parts = reopen(transaction, "parent_id", id, 0, keep_until, now).await?;
    let open = i32::try_from(parts.len()).unwrap_or(i32::MAX);
    let own = reopen(transaction, "id", id, open, keep_until, now).await?;
    let ready = if parts.is_empty() { own } else { parts };
    Ok(ready.iter().filter_map(Finished::queue_entry).collect())
}

async fn check(db: &impl ConnectionTrait, id: JobId) -> Result<()> {
    let job = job::Entity::find_by_id(id).one(db).await?.ok_or(Error::NotFound("Job"))?;
    if !job.state.is_final() || job.state == JobState::Succeeded {
        let message = format!(
            "the job is {}; only a failed, cancelled or quarantined one can be retried",
            job.state.as_str()
        );
        return Err(Error::Conflict { message, field: None });
    }
    match job.parent_id {
        Some(parent) => {
            let message = format!("the job is a child of {parent}; retry that one");
            Err(Error::Conflict { message, field: None })
        }
        None => Ok(()),
    }
}

async fn reopen(
    db: &impl ConnectionTrait,
    column: &str,
    id: JobId,
    open_children: i32,
    keep_until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Vec<Finished>> {
    let sql = format!(
        "update jobs set state = 'queued', failures = 0, lost_leases = 0, crashes = 0, run_at = $2, finished_at = null,
           cancel_requested_at = null, open_children = $3, expires_at = $4
         where {column} = $1 and state in ('failed', 'cancelled', 'quarantined')
         returning id, organization_id, parent_id, kind, priority, state, run_at"
    );
    let values = [id.into(), now.into(), open_children.into(), keep_until.into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(Finished::find_by_statement(statement).all(db).await?)
}
