//! Records outcomes: one statement for all, each guarded by its attempt number.

use super::{JobLease, PendingPush, children};
use crate::transport::{Priority, QueueEntry};
use chrono::{DateTime, Utc};
use entities::{
    ids::{JobId, OrganizationId},
    job::JobState,
};
use platform::{
    bulk::{self, SqlType},
    config::Retention,
    db::clock,
    error::Result,
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde::Serialize;
use serde_json::Value;

/// The outcome of an attempt.
#[derive(Debug, Clone, Serialize)]
pub struct Finish {
    /// The job.
    pub id: JobId,
    /// The number of the attempt.
    pub attempt: i32,
    /// A final state, `Retrying`, or `Queued`: it waits for an answer.
    pub state: JobState,
    /// The time of the retry, or the end of the wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_at: Option<DateTime<Utc>>,
    /// 1 if the attempt counts against the retry schedule.
    pub charged: i32,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
}

impl Finish {
    /// An attempt that ended in this state.
    pub const fn new(held: JobLease, state: JobState) -> Self {
        let JobLease { id, attempt } = held;
        Self { id, attempt, state, run_at: None, charged: 0, error: None, result: None }
    }
}

/// A job with a recorded outcome.
#[derive(Debug, FromQueryResult)]
pub struct Finished {
    /// The job.
    pub id: JobId,
    /// Whose it is.
    pub organization_id: Option<OrganizationId>,
    /// Its parent.
    pub parent_id: Option<JobId>,
    /// Its kind, and queue.
    pub kind: String,
    /// Its priority.
    pub priority: i16,
    /// Its state.
    pub state: JobState,
    /// The time of its next attempt.
    pub run_at: DateTime<Utc>,
}

impl Finished {
    /// The queue entry of its next attempt, if it has one.
    pub(super) fn queue_entry(&self) -> Option<QueueEntry> {
        (!self.state.is_final()).then(|| QueueEntry {
            queue: self.kind.clone(),
            id: self.id,
            tenant: self.organization_id,
            priority: Priority::from_number(self.priority),
            due: Some(self.run_at),
        })
    }
}

/// SQL: whether an attempt that would be retried was cancelled.
const CANCELLED: &str = "(jobs.cancel_requested_at is not null and r.state in ('queued', 'retrying'))";

/// Records the outcomes, in a transaction if a job has a parent. Returns the recorded jobs; a missing one had lost its
/// lease, and its outcome is void.
pub async fn finish(
    transaction: &impl ConnectionTrait,
    outcomes: &[Finish],
    keep: &Retention,
    now: DateTime<Utc>,
) -> Result<(Vec<Finished>, PendingPush)> {
    const FIELDS: &bulk::Fields = &[
        ("id", SqlType::Uuid),
        ("attempt", SqlType::Int),
        ("state", SqlType::Text),
        ("run_at", SqlType::Time),
        ("charged", SqlType::Int),
        ("error", SqlType::Text),
        ("result", SqlType::Json),
    ];
    let backend = transaction.get_database_backend();
    let (present, value) = clock::to_db_time(backend, 5, now);
    // The answer may have come while the job ran: then it is ready immediately. A delay starts by the database's clock;
    // the end of a wait stays. An attempt that ended has not crashed its process. A cancelled one is not retried.
    let sql = format!("update jobs set state = case when {CANCELLED} then 'cancelled' else r.state end,
        run_at = case when jobs.woken_at < r.run_at then jobs.woken_at
          when r.state = 'retrying' then {retry_at} else coalesce(r.run_at, jobs.run_at) end,
        lease_until = null, woken_at = null, crashes = 0, alone = false, failures = jobs.failures + r.charged,
        last_error = case when {CANCELLED} then 'cancelled' else coalesce(r.error, jobs.last_error) end,
        result = coalesce(r.result, jobs.result),
        finished_at = case when r.state in ('queued', 'retrying') and not {CANCELLED} then null else $2 end,
        expires_at = case when r.state in ('queued', 'retrying') and not {CANCELLED} then jobs.expires_at
          else coalesce(jobs.expires_at, case when r.state = 'failed' then $4 else $3 end) end
      from {{rows_by_key}} where jobs.id = r.id and jobs.attempt = r.attempt and jobs.state = 'running'
      returning jobs.id, jobs.organization_id, jobs.parent_id, jobs.kind, jobs.priority, jobs.state, jobs.run_at",
        retry_at = clock::shift_to_db(backend, "coalesce(r.run_at, jobs.run_at)", &present, "$2"));
    let statement = bulk::statement(
        transaction,
        &sql,
        FIELDS,
        &outcomes,
        [now.into(), (now + keep.finished).into(), (now + keep.failed).into(), value],
    )?;
    let finished = Finished::find_by_statement(statement).all(transaction).await?;
    let retries: PendingPush = finished.iter().filter_map(Finished::queue_entry).collect();
    let released = children::ended(transaction, &finished, now).await?;
    Ok((finished, retries.and(released)))
}
