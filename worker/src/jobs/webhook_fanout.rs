//! `webhook_fanout`: creates the deliveries of an organization's queued events for its endpoints.
//!
//! Triggered by the first transaction that records events of an organization with endpoints. At most one such job is
//! open per organization. It keeps running while events arrive; later transactions notify it instead of enqueuing
//! another job. It ends when no events have come for a while.
//!
//! Safe to run twice: an event is removed from the queue in the transaction that creates its deliveries, so a second
//! run finds only what the first has not committed. Two concurrent runs (one has lost its lease without knowing it)
//! lock the endpoints in turn.

use crate::{
    context::JobContext,
    deliveries::Claim,
    outcome::{JobResult, Outcome},
};
use entities::ids::OrganizationId;
use kernel::events;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use webhooks::FannedOut;

/// How long consecutive events are gathered: one transaction for many is cheaper.
const GATHER: Duration = Duration::from_millis(10);
/// The job yields after this time, so that other organizations get a slot.
const MAX_DURATION: Duration = Duration::from_mins(1);
/// Maximum number of organizations waiting for more events.
const MAX_LINGERING: usize = 32;

/// Runs the job.
pub(super) async fn run(context: &JobContext) -> JobResult {
    let organization = context.actor()?.organization;
    // Registered before the queue is read, so that no signal is missed.
    let held = context.shared.deliveries.organizations.register(organization);
    let began = Instant::now();
    let mut expected = Expected::One;
    loop {
        let done = fan_out(context, organization, expected).await?;
        context.shared.deliveries.notify_endpoints(&done).await;
        if context.cancel.is_cancelled() {
            return Err(Outcome::Cancelled);
        }
        let over = context.draining.is_cancelled() || began.elapsed() > MAX_DURATION;
        expected = match over {
            true => Expected::Nothing,
            false if done.more => Expected::Many,
            false => wait_for_events(context, &held).await,
        };
        if expected != Expected::Nothing {
            continue;
        }
        if try_end(context, organization, over).await? {
            return Ok(Outcome::AlreadyCommitted);
        }
        expected = Expected::Many;
    }
}

/// What to expect in the queue.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    Nothing,
    One,
    Many,
}

async fn fan_out(
    context: &JobContext,
    organization: OrganizationId,
    expected: Expected,
) -> Result<FannedOut, Outcome> {
    let (kernel, endpoints) = (&context.kernel, &context.shared.deliveries.endpoints);
    let held = |endpoint| endpoints.contains(endpoint);
    let (db, now) = (&kernel.db, kernel.clock.now());
    let mut done = webhooks::fan_out(db, organization, &held, expected == Expected::One, now).await?;
    std::mem::take(&mut done.pushes).push(&*kernel.transport).await;
    Ok(done)
}

/// Waits a moment for more events. Those that came during the last fan-out are gathered with the next ones.
async fn wait_for_events(context: &JobContext, held: &Claim<OrganizationId>) -> Expected {
    let is_notified = tokio::time::timeout(Duration::ZERO, held.listen()).await.is_ok();
    if is_notified {
        sleep(GATHER).await;
        return Expected::Many;
    }
    let crowded = context.shared.deliveries.organizations.len() > MAX_LINGERING;
    let patience = if crowded { GATHER } else { context.kernel.settings.webhooks.linger };
    tokio::select! {
        _ = held.listen() => Expected::One,
        () = sleep(patience) => Expected::Nothing,
        () = context.cancel.cancelled() => Expected::Many,
        () = context.draining.cancelled() => Expected::Nothing,
    }
}

/// Ends the job if the queue is empty or another job is to continue; false if there is more to do.
async fn try_end(context: &JobContext, organization: OrganizationId, over: bool) -> Result<bool, Outcome> {
    let kernel = &context.kernel;
    let transaction = kernel.db.begin().await?;
    let quiet = events::try_close(&transaction, organization).await?;
    if !quiet && !over {
        transaction.rollback().await?;
        return Ok(false);
    }
    let mut pushes = context.succeed(&transaction).await?;
    if !quiet {
        let next = webhooks::enqueue_next(&transaction, organization, kernel.clock.now()).await?;
        pushes = pushes.and(next);
    }
    transaction.commit().await?;
    pushes.push(&*kernel.transport).await;
    Ok(true)
}
