//! `webhook_fanout`: makes a delivery of each queued event of an organization for each of its endpoints that
//! wants to know of it.
//!
//! Triggered by every transaction that records events of an organization with endpoints.
//!
//! Safe to run twice: an event is taken off the queue in the transaction that makes its deliveries, so a
//! second run finds only what the first has not committed. One that finds another at work in this process
//! leaves its events to that one.

use crate::{
    context::JobContext,
    outcome::{JobResult, Outcome},
};
use entities::ids::OrganizationId;
use kernel::domain::webhooks::{self, FannedOut};
use std::time::Duration;
use tokio::time::sleep;

/// How long events that come one after the other are gathered.
const GATHER: Duration = Duration::from_millis(5);

/// Runs the job.
pub(super) async fn run(context: &JobContext) -> JobResult {
    let organization = context.actor()?.organization;
    let Some(turn) = context.deliveries.turns.take(organization) else { return Ok(Outcome::Done(None)) };
    loop {
        let done = fan_out(context, organization).await?;
        context.deliveries.spread(&done).await;
        if done.more {
            continue;
        }
        if turn.end() {
            return Ok(Outcome::Done(None));
        }
        // More has come while this was at work, and more is on its way: a transaction for many is cheaper.
        sleep(GATHER).await;
    }
}

async fn fan_out(context: &JobContext, organization: OrganizationId) -> Result<FannedOut, Outcome> {
    let (kernel, registry) = (&context.kernel, &context.deliveries.registry);
    let transaction = kernel.db.begin().await?;
    let held = |endpoint| registry.holds(endpoint);
    let mut done = webhooks::fan_out(&transaction, organization, &held, kernel.clock.now()).await?;
    transaction.commit().await?;
    std::mem::take(&mut done.tickets).push(&*kernel.transport).await;
    Ok(done)
}
