//! Progress of a job in units of work, written in the transaction of the work, so that exactly the completed units are
//! counted.

use chrono::{DateTime, Utc};
use entities::ids::JobId;
use platform::error::Result;
use sea_orm::{ConnectionTrait, DbBackend, Statement};

/// The units of one step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rows {
    /// Processed.
    pub processed: i64,
    /// Succeeded.
    pub succeeded: i64,
    /// Failed.
    pub failed: i64,
}

/// Whether the work may be committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Counted; continue.
    Counted,
    /// Counted; the job was cancelled.
    StopRequested,
    /// The lease is lost: roll back, another worker has the job.
    LeaseLost,
}

/// Counts a step of the job. This locks the row until the commit, so no other worker can take over the job in between.
pub async fn advance(
    transaction: &impl ConnectionTrait,
    job: JobId,
    attempt: i32,
    rows: Rows,
) -> Result<Progress> {
    let guard = "id = $4 and attempt = $5 and state = 'running'";
    write(transaction, guard, rows, vec![job.into(), attempt.into()]).await
}

/// Counts a step of a child in its parent. `LeaseLost`: the parent has ended (it was cancelled), and the child's work
/// must not be committed.
pub async fn advance_parent(
    transaction: &impl ConnectionTrait,
    parent: JobId,
    rows: Rows,
) -> Result<Progress> {
    let guard = "id = $4 and state in ('queued', 'running', 'retrying')";
    write(transaction, guard, rows, vec![parent.into()]).await
}

async fn write(
    transaction: &impl ConnectionTrait,
    guard: &str,
    rows: Rows,
    more: Vec<sea_orm::Value>,
) -> Result<Progress> {
    let sql = format!(
        "update jobs set processed = processed + $1, succeeded = succeeded + $2, failed = failed + $3, crashes = 0
         where {guard} returning cancel_requested_at"
    );
    let values = [rows.processed.into(), rows.succeeded.into(), rows.failed.into()].into_iter().chain(more);
    let backend: DbBackend = transaction.get_database_backend();
    let row = transaction.query_one_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    let Some(row) = row else { return Ok(Progress::LeaseLost) };
    let asked: Option<DateTime<Utc>> = row.try_get("", "cancel_requested_at")?;
    Ok(if asked.is_some() { Progress::StopRequested } else { Progress::Counted })
}
