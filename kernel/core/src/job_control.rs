//! Cancels and retries jobs on request, and records events of it.

use crate::{
    UnitOfWork,
    events::{self, Actor},
};
use engine::ledger::{self, CancelOutcome, PendingPush};
use entities::{ids::JobId, job};
use platform::error::Result;
use sea_orm::EntityTrait;
use serde_json::json;

/// Cancels a job ([`ledger::cancel`]), and notifies the workers after the commit. The caller has checked that it may
/// cancel the job.
pub async fn cancel(work: &UnitOfWork, id: JobId) -> Result<CancelOutcome> {
    let now = work.now();
    let expires = now + work.kernel.settings.retention.finished;
    let (outcome, running, mut pushes) = ledger::cancel(&work.transaction().await?, id, expires, now).await?;
    if !matches!(outcome, CancelOutcome::AlreadyEnded(_)) {
        pushes = pushes.and(record(work, "job.cancelled", id).await?);
    }
    work.cancel_on_commit(running);
    work.enqueue_on_commit(pushes);
    Ok(outcome)
}

/// Retries a job ([`ledger::retry_manually`]). It is stored as long as a job that has just failed.
pub async fn retry(work: &UnitOfWork, id: JobId) -> Result<()> {
    let now = work.now();
    let keep_until = now + work.kernel.settings.retention.failed;
    let ready = ledger::retry_manually(&work.transaction().await?, id, keep_until, now).await?;
    work.enqueue_on_commit(record(work, "job.retried", id).await?.and(ready));
    Ok(())
}

/// Records an event of the job's organization, or of the platform for its own jobs.
async fn record(work: &UnitOfWork, kind: &str, id: JobId) -> Result<PendingPush> {
    let transaction = work.transaction().await?;
    let Some(job) = job::Entity::find_by_id(id).one(&transaction).await? else {
        return Ok(PendingPush::default());
    };
    let organization = job.organization_id.unwrap_or(Actor::platform().organization);
    let actor = Actor { organization, ..work.actor.clone() };
    let payload = json!({ "kind": job.kind, "state": job.state });
    events::record(&transaction, &[events::event(&actor, kind, ("job", id.0), &payload, work.now())?]).await
}
