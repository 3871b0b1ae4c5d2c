//! Jobs that somebody cancels or retries: what the ledger does, told as an event.

use crate::{
    UnitOfWork,
    error::Result,
    events::{self, Actor},
    ledger::{self, CancelOutcome, PendingPush},
};
use entities::{ids::JobId, job};
use sea_orm::EntityTrait;
use serde_json::json;

/// Cancels ([`ledger::cancel`]), and tells the workers after the commit. The caller has made sure that the job is one it
/// may cancel.
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

/// Makes the job ready again ([`ledger::retry_manually`]); it is kept for as long as one that has just failed.
pub async fn retry(work: &UnitOfWork, id: JobId) -> Result<()> {
    let now = work.now();
    let keep_until = now + work.kernel.settings.retention.failed;
    let ready = ledger::retry_manually(&work.transaction().await?, id, keep_until, now).await?;
    work.enqueue_on_commit(record(work, "job.retried", id).await?.and(ready));
    Ok(())
}

/// Records what somebody did to a job, as an event of the job's organization (or of the platform, for its own jobs).
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
