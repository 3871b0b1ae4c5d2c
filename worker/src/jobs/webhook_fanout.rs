//! `webhook_fanout`: makes a delivery of each queued event of an organization for each of its endpoints that
//! wants to know of it.
//!
//! Triggered by the first transaction that records events of an organization with endpoints. At most one such
//! job is open for an organization; while events come it goes on, and what records further ones has a word with
//! it. It ends when none have come for a while.
//!
//! Safe to run twice: an event is taken off the queue in the transaction that makes its deliveries, so a
//! second run finds only what the first has not committed. Two that run at once (one has lost its lease and does
//! not know it yet) take turns at the endpoints.

use crate::{
    context::JobContext,
    deliveries::Claim,
    outcome::{JobResult, Outcome},
};
use entities::ids::OrganizationId;
use kernel::{
    domain::webhooks::{self, FannedOut},
    events,
};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long events that come one after the other are gathered: a transaction for many is cheaper.
const GATHER: Duration = Duration::from_millis(10);
/// A turn ends after this long, so that organizations beyond the slots of this process come to their turn.
const LONGEST: Duration = Duration::from_mins(1);
/// Only so many organizations at a time are held in wait for more.
const LINGERING: usize = 32;

/// Runs the job.
pub(super) async fn run(context: &JobContext) -> JobResult {
    let organization = context.actor()?.organization;
    // Held before the queue is read: what is said from now on is heard.
    let held = context.shared.deliveries.organizations.hold(organization);
    let began = Instant::now();
    let mut comes = Comes::One;
    loop {
        let done = fan_out(context, organization, comes).await?;
        context.shared.deliveries.spread(&done).await;
        if context.cancel.is_cancelled() {
            return Err(Outcome::Cancelled);
        }
        let over = context.draining.is_cancelled() || began.elapsed() > LONGEST;
        comes = match over {
            true => Comes::Nothing,
            false if done.more => Comes::Many,
            false => what_comes(context, &held).await,
        };
        if comes != Comes::Nothing {
            continue;
        }
        if leave(context, organization, over).await? {
            return Ok(Outcome::AlreadyCommitted);
        }
        comes = Comes::Many;
    }
}

/// What is to be expected in the queue.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Comes {
    Nothing,
    One,
    Many,
}

async fn fan_out(
    context: &JobContext,
    organization: OrganizationId,
    comes: Comes,
) -> Result<FannedOut, Outcome> {
    let (kernel, endpoints) = (&context.kernel, &context.shared.deliveries.endpoints);
    let held = |endpoint| endpoints.holds(endpoint);
    let (db, now) = (&kernel.db, kernel.clock.now());
    let mut done = webhooks::fan_out(db, organization, &held, comes == Comes::One, now).await?;
    std::mem::take(&mut done.pushes).push(&*kernel.transport).await;
    Ok(done)
}

/// Waits a little for more. What came while the last was fanned out is gathered with what is on its way.
async fn what_comes(context: &JobContext, held: &Claim<OrganizationId>) -> Comes {
    let asked = tokio::time::timeout(Duration::ZERO, held.listen()).await.is_ok();
    if asked {
        sleep(GATHER).await;
        return Comes::Many;
    }
    let crowded = context.shared.deliveries.organizations.len() > LINGERING;
    let patience = if crowded { GATHER } else { context.kernel.settings.webhooks.linger };
    tokio::select! {
        _ = held.listen() => Comes::One,
        () = sleep(patience) => Comes::Nothing,
        () = context.cancel.cancelled() => Comes::Many,
        () = context.draining.cancelled() => Comes::Nothing,
    }
}

/// Ends the job, if nothing is left to do or another is to go on with it; false when there is more.
async fn leave(context: &JobContext, organization: OrganizationId, over: bool) -> Result<bool, Outcome> {
    let kernel = &context.kernel;
    let transaction = kernel.db.begin().await?;
    let quiet = events::is_quiet(&transaction, organization).await?;
    if !quiet && !over {
        transaction.rollback().await?;
        return Ok(false);
    }
    let mut pushes = context.succeed(&transaction).await?;
    if !quiet {
        let next = webhooks::go_on(&transaction, organization, kernel.clock.now()).await?;
        pushes = pushes.and(next);
    }
    transaction.commit().await?;
    pushes.push(&*kernel.transport).await;
    Ok(true)
}
