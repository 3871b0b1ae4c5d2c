//! The status of an import, as in the contract.

use crate::payloads::BulkImport;
use engine::{jobs::Job, ledger::CancelOutcome};
use entities::{
    ids::{JobId, OrganizationId},
    job::{self, JobState},
    job_error,
};
use kernel::{Kernel, UnitOfWork, job_control};
use platform::error::{Error, Result};
use sea_orm::QuerySelect;

/// Maximum number of row errors in a response; the download has all.
pub const ERRORS_SHOWN: u64 = 1000;

/// The contract's statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// No row was processed.
    Pending,
    /// Some rows were processed.
    Processing,
    /// Every row was imported.
    Completed,
    /// Ended without imported rows.
    Failed,
    /// Ended with some rows imported.
    Partial,
}

/// An import.
#[derive(Debug, Clone)]
pub struct Import {
    /// The import's job.
    pub job: job::Model,
}

impl Import {
    /// The contract's status. That of a cancelled or aborted import depends on its rows.
    pub const fn status(&self) -> Status {
        let job = &self.job;
        let all = matches!(job.total, Some(total) if job.succeeded == total);
        match job.state {
            state if state.is_final() => match job.succeeded {
                _ if all && matches!(state, JobState::Succeeded) => Status::Completed,
                0 => Status::Failed,
                _ => Status::Partial,
            },
            JobState::Queued if job.processed == 0 && job.started_at.is_none() => Status::Pending,
            _ => Status::Processing,
        }
    }
}

/// The organization's import, unless expired.
pub async fn get(kernel: &Kernel, organization: OrganizationId, id: JobId) -> Result<Import> {
    let query = job::Entity::one_of(organization, BulkImport::KIND.as_str(), id);
    let job = query.one(kernel.db.reader()).await?.ok_or(Error::NotFound("Job"))?;
    if job.expires_at.is_some_and(|at| at <= kernel.clock.now()) {
        return Err(Error::NotFound("Job"));
    }
    Ok(Import { job })
}

/// The import's row errors after position `after` (-1: from the first), at most `limit`, in row order. The caller has
/// loaded the import before.
pub async fn error_pages(
    kernel: &Kernel,
    import: JobId,
    after: i64,
    limit: u64,
) -> Result<Vec<job_error::Model>> {
    Ok(job_error::Entity::page(import, after).limit(limit).all(kernel.db.reader()).await?)
}

/// Cancels the import: imported rows stay, and no others are imported. Returns the import.
pub async fn cancel(work: &UnitOfWork, id: JobId) -> Result<(CancelOutcome, Import)> {
    let organization = work.actor.organization;
    let import = get(&work.kernel, organization, id).await?;
    let outcome = job_control::cancel(work, import.job.id).await?;
    let query = job::Entity::one_of(organization, BulkImport::KIND.as_str(), id);
    let job = query.one(&work.transaction().await?).await?.ok_or(Error::NotFound("Job"))?;
    Ok((outcome, Import { job }))
}
