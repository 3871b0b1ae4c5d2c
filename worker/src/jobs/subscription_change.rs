//! `subscription_change`: applies scheduled changes of a subscription: its start, a change of plan, its resumption.
//!
//! Triggered by every scheduled change, at its time.
//!
//! Safe to run twice: due changes are read under the subscription's lock, and applied in the transaction that ends this
//! job. If a change was dropped meanwhile, the job does nothing.

use crate::{
    context::JobContext,
    outcome::{JobResult, Outcome},
};
use isp::lifecycle;
use isp::payloads::SubscriptionChange;
use kernel::UnitOfWork;

/// Runs the job.
pub(super) async fn run(context: &JobContext) -> JobResult {
    let SubscriptionChange { subscription, until } = context.payload()?;
    let work = UnitOfWork::new(context.kernel.clone(), context.actor()?);
    lifecycle::run_due(&work, subscription, until).await?;
    let pushes = context.succeed(&work.transaction().await?).await?;
    work.enqueue_on_commit(pushes);
    work.commit().await?;
    Ok(Outcome::AlreadyCommitted)
}
