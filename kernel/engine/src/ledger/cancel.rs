//! Cancels jobs: a waiting job ends immediately, with its children; a running one is asked to stop.

use super::{Finished, PendingPush, children};
use crate::transport::Transport;
use chrono::{DateTime, Utc};
use entities::{
    ids::JobId,
    job::{self, JobState},
};
use platform::error::{Error, Result};
use sea_orm::{ConnectionTrait, EntityTrait, FromQueryResult, Statement};

/// The result of a cancellation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelOutcome {
    /// It was waiting and has ended.
    Cancelled,
    /// It is running; the handler is notified.
    Requested,
    /// It had ended before, in this state.
    AlreadyEnded(JobState),
}

/// Marks the job and its children. Returns the outcome, the running ones, and queue entries to push.
pub async fn cancel(
    transaction: &impl ConnectionTrait,
    id: JobId,
    expires_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(CancelOutcome, Vec<JobId>, PendingPush)> {
    // Children first: a child that is ending locks its own row and then its parent's, so the other order could
    // deadlock.
    let parts = mark_where(transaction, "parent_id", id, expires_at, now).await?;
    let Some(own) = mark_where(transaction, "id", id, expires_at, now).await?.pop() else {
        let job = job::Entity::find_by_id(id).one(transaction).await?.ok_or(Error::NotFound("Job"))?;
        return Ok((CancelOutcome::AlreadyEnded(job.state), vec![], PendingPush::default()));
    };
    let outcome = if own.state.is_final() { CancelOutcome::Cancelled } else { CancelOutcome::Requested };
    let pushes = children::ended(transaction, std::slice::from_ref(&own), now).await?;
    let all = parts.into_iter().chain([own]);
    let running = all.filter(|job| !job.state.is_final()).map(|job| job.id).collect();
    Ok((outcome, running, pushes))
}

async fn mark_where(
    transaction: &impl ConnectionTrait,
    column: &str,
    id: JobId,
    expires_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Vec<Finished>> {
    let sql = format!(
        "update jobs set cancel_requested_at = coalesce(cancel_requested_at, $2),
           finished_at = case when state = 'running' then null else $2 end,
           expires_at = case when state = 'running' then expires_at else coalesce(expires_at, $3) end,
           last_error = case when state = 'running' then last_error else 'cancelled' end,
           state = case when state = 'running' then state else 'cancelled' end
         where {column} = $1 and state in ('queued', 'running', 'retrying')
         returning id, organization_id, parent_id, kind, priority, state, run_at"
    );
    let values = [id.into(), now.into(), expires_at.into()];
    let statement = Statement::from_sql_and_values(transaction.get_database_backend(), sql, values);
    Ok(Finished::find_by_statement(statement).all(transaction).await?)
}

/// Cancels, and notifies the workers after the commit. The caller has checked that it may cancel the job.
pub async fn announce_cancel(transport: &dyn Transport, running: &[JobId]) {
    for id in running {
        if let Err(error) = transport.announce_cancel(*id).await {
            tracing::debug!(%id, %error, "cancellation not announced; the worker finds it when it renews the lease");
        }
    }
}
