//! `webhook_delivery`: makes the deliveries that are due to one endpoint.
//!
//! Triggered by the fan-out of an event, by the time of a retry, by a resume and by a replay. At most one such
//! job is open for an endpoint, and whoever runs it has the endpoint to itself: so many deliveries at once, in
//! their order, at their pace, and a breaker, are things of one task, and one that hangs delays no other.
//!
//! Safe to run twice: an attempt is written once, under its own id; one that was made and not written is made
//! again with the same `webhook-id`. Of two workers that take the endpoint for theirs (one has lost its lease
//! and does not know it yet), both may send, and the first to write is right.

mod pace;
mod send;
mod turn;

use crate::{
    context::JobContext,
    outcome::{JobResult, Outcome},
};
use chrono::{DateTime, Utc};
use kernel::{
    domain::webhooks::{self, Attempt, Target},
    jobs::WebhookDelivery,
};
use turn::Turn;

/// Why a turn ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Nothing is left to do here for now; more, at a later time, is another job's.
    Quiet,
    /// The breaker is open until then.
    Open(DateTime<Utc>),
    /// Somebody asked for the job to stop.
    Cancelled,
}

/// Runs the job.
pub(super) async fn run(context: &JobContext) -> JobResult {
    let WebhookDelivery { endpoint } = context.payload()?;
    // Held before it is read: what is said from now on is heard.
    let held = context.shared.deliveries.endpoints.hold(endpoint);
    let Some(target) = webhooks::target(&context.kernel, endpoint).await? else {
        return Ok(Outcome::Done(None));
    };
    let end = Turn::new(context, &held, target)?.run().await?;
    let not_before = match end {
        End::Cancelled => return Err(Outcome::Cancelled),
        End::Open(until) => Some(until),
        End::Quiet => None,
    };
    let kernel = &context.kernel;
    let transaction = kernel.db.begin().await?;
    let left = webhooks::lock_to_leave(&transaction, endpoint).await?;
    // Under the lock: a fan-out that comes next sees that nobody holds the endpoint, and enqueues a job.
    held.let_go();
    let mut pushes = context.succeed(&transaction).await?;
    if let Some(left) = left {
        let now = kernel.clock.now();
        pushes = pushes.and(webhooks::hand_on(&transaction, &left, not_before, now).await?);
    }
    transaction.commit().await?;
    pushes.push(&*kernel.transport).await;
    Ok(Outcome::AlreadyCommitted)
}

/// Disables the endpoint, and tells its organization why.
async fn disable(context: &JobContext, target: &Target, reason: &str, last: &Attempt) -> Result<(), Outcome> {
    let work = kernel::UnitOfWork::new(context.kernel.clone(), context.actor()?);
    let (contract, id) = (&target.record.contract, target.record.id);
    if webhooks::disable(&work, contract, id, reason, last).await? {
        tracing::warn!(endpoint = %id, reason, "disabled");
    }
    work.commit().await?;
    Ok(())
}
