//! `provision_attempt`: passes an attempt of a vendor's order to the webhook engine.
//!
//! Triggered by each attempt, in its transaction, and by the registration of a webhook for attempts that had none. The
//! latter are sent in batches; each batch's job starts the next. The webhook engine handles the calls and retries.
//!
//! Safe to run twice: the attempt is locked and records its delivery in the transaction that creates it and ends this
//! job. Attempts of a batch that were already sent are skipped.

use crate::{
    context::JobContext,
    outcome::{JobResult, Outcome},
};
use isp::{payloads::ProvisionAttempt, vendors};
use kernel::UnitOfWork;

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
