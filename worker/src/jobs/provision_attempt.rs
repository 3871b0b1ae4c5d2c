//! `provision_attempt`: gives an attempt at a vendor's request to the vendor's webhook.
//!
//! Triggered by each attempt, in the transaction that makes it, and by the registration of a webhook for attempts
//! that had none to go to. These go in batches, each of which has a job that begins the next one. How the webhook is
//! called, and called again, is the webhook engine's.
//!
//! Safe to run twice: the attempt says where it was given to, in the transaction that gives it there and ends this
//! job, and is locked before it is looked at. Of a batch, what was sent before is passed over.

use crate::{
    context::JobContext,
    outcome::{JobResult, Outcome},
};
use kernel::{UnitOfWork, domain::vendors, jobs::ProvisionAttempt};

/// Runs the job.
pub(super) async fn run(context: &JobContext) -> JobResult {
    let ProvisionAttempt { attempt, rest_of } = context.payload()?;
    if let Some(provisioner) = rest_of {
        let work = UnitOfWork::new(context.kernel.clone(), context.actor()?);
        vendors::send_rest(&work, provisioner, attempt).await?;
        work.commit().await?;
    }
    let work = UnitOfWork::new(context.kernel.clone(), context.actor()?);
    vendors::deliver(&work, attempt).await?;
    let pushes = context.succeed(&work.transaction().await?).await?;
    work.enqueue_on_commit(pushes);
    work.commit().await?;
    Ok(Outcome::AlreadyCommitted)
}
