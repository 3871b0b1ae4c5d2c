//! Cancels and retries jobs, with the vendor orders that they wait for.
//!
//! An order is decided in the transaction that cancels or retries its job: a decided order is never open again,
//! whatever happens to the job.

use crate::{provisioning, vendors};
use engine::ledger::CancelOutcome;
use entities::{
    ids::JobId,
    job::{self, JobState},
};
use kernel::{UnitOfWork, job_control};
use platform::error::{Error, Result};
use sea_orm::EntityTrait;

/// Cancels a job ([`job_control::cancel`]) and the vendor orders that it waits for. `NotFound` when there is no such job.
pub async fn cancel(work: &UnitOfWork, id: JobId) -> Result<CancelOutcome> {
    // Orders are locked before jobs.
    vendors::cancel_orders_of(work, id).await?;
    job_control::cancel(work, id).await
}

/// Retries a job ([`job_control::retry`]). A vendor order that it waited for is placed again. `Conflict` also for
/// the job of a provisioning request that has ended or that another job works on.
pub async fn retry(work: &UnitOfWork, id: JobId) -> Result<()> {
    let found = job::Entity::find_by_id(id).one(&work.transaction().await?).await?;
    let job = found.ok_or(Error::NotFound("Job"))?;
    if job.state.is_final() && job.state != JobState::Succeeded {
        provisioning::prepare_retry(work, &job).await?;
    }
    job_control::retry(work, id).await
}
