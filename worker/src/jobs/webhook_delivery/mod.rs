//! `webhook_delivery`: sends the due deliveries of one endpoint.
//!
//! Triggered by a fan-out, a retry that is due, a resume and a replay. At most one such job is open per endpoint, and
//! its worker has the endpoint to itself: concurrency, order, rate and breaker are local to one task, and an endpoint
//! that hangs delays no other.
//!
//! Safe to run twice: an attempt is recorded once, under its own id; one that was sent but not recorded is sent again
//! with the same `webhook-id`. If two workers serve the endpoint (one has lost its lease without knowing it), both may
//! send, and the first to record wins.

mod rate_limiter;
mod send;
mod session;

use crate::{
    context::JobContext,
    outcome::{JobResult, Outcome},
};
use chrono::{DateTime, Utc};
use session::EndpointSession;
use webhooks::{Attempt, Target, WebhookDelivery};

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EndReason {
    /// Nothing is due; later deliveries are for another job.
    Quiet,
    /// The breaker is open until then.
    Open(DateTime<Utc>),
    /// The job was cancelled.
    Cancelled,
}

/// Runs the job.
pub(super) async fn run(context: &JobContext) -> JobResult {
    let WebhookDelivery { endpoint } = context.payload()?;
    // Registered before the endpoint is read, so that no signal is missed.
    let held = context.shared.deliveries.endpoints.register(endpoint);
    let Some(target) = webhooks::target(&context.kernel, endpoint).await? else {
        return Ok(Outcome::Done(None));
    };
    let end = EndpointSession::new(context, &held, target)?.run().await?;
    let not_before = match end {
        EndReason::Cancelled => return Err(Outcome::Cancelled),
        EndReason::Open(until) => Some(until),
        EndReason::Quiet => None,
    };
    let kernel = &context.kernel;
    let transaction = kernel.db.begin().await?;
    let left = webhooks::lock_for_release(&transaction, endpoint).await?;
    // Under the lock: the next fan-out sees that no session has the endpoint, and enqueues a job.
    held.unregister();
    let mut pushes = context.succeed(&transaction).await?;
    if let Some(left) = left {
        let now = kernel.clock.now();
        pushes = pushes.and(webhooks::schedule_next(&transaction, &left, not_before, now).await?);
    }
    transaction.commit().await?;
    pushes.push(&*kernel.transport).await;
    Ok(Outcome::AlreadyCommitted)
}

/// Disables the endpoint and notifies its organization.
async fn disable(context: &JobContext, target: &Target, reason: &str, last: &Attempt) -> Result<(), Outcome> {
    let work = kernel::UnitOfWork::new(context.kernel.clone(), context.actor()?);
    let (contract, id) = (&target.record.contract, target.record.id);
    if webhooks::disable(&work, contract, id, reason, last).await? {
        tracing::warn!(endpoint = %id, reason, "disabled");
    }
    work.commit().await?;
    Ok(())
}
