//! `subscription_change`: carries out what is due for a subscription: its beginning at the start date, a change of
//! its plan, its resumption.
//!
//! Triggered by whatever plans something for a subscription, for the time that it is planned for.
//!
//! Safe to run twice: what is due is read from the subscription and its changes under their lock, and is not due any
//! more once it is carried out; that and the end of this job are one transaction. What was taken back meanwhile is
//! not there any more, so the job that was to carry it out does nothing.

use crate::{
    context::JobContext,
    outcome::{JobResult, Outcome},
};
use kernel::{UnitOfWork, domain::subscriptions, jobs::SubscriptionChange};

/// Runs the job.
pub(super) async fn run(context: &JobContext) -> JobResult {
    let SubscriptionChange { subscription, until } = context.payload()?;
    let work = UnitOfWork::new(context.kernel.clone(), context.actor()?);
    subscriptions::carry_out(&work, subscription, until).await?;
    let pushes = context.succeed(&work.transaction().await?).await?;
    work.enqueue_on_commit(pushes);
    work.commit().await?;
    Ok(Outcome::AlreadyCommitted)
}
