//! How an import stands, in the words of the contract.

use crate::{
    Kernel, UnitOfWork,
    error::{Error, Result},
    jobs::JobKind,
    ledger::{self, CancelOutcome},
};
use entities::{
    ids::{JobId, OrganizationId},
    job::{self, JobState},
    job_error,
};
use sea_orm::QuerySelect;

/// Row errors at most in one answer; all of them are in the download.
pub const ERRORS_SHOWN: u64 = 1000;

/// The contract's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Nothing has been looked at.
    Pending,
    /// Some rows have been looked at.
    Processing,
    /// Every row went in.
    Completed,
    /// Ended, and nothing went in.
    Failed,
    /// Ended, and something went in, not everything.
    Partial,
}

/// An import as a poll sees it.
#[derive(Debug, Clone)]
pub struct Import {
    /// The import's job.
    pub job: job::Model,
}

impl Import {
    /// The contract's word for how it stands. A cancelled or broken-off import is what its rows make it.
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

/// The organization's import. One whose time is over is not found any more, swept or not.
pub async fn get(kernel: &Kernel, organization: OrganizationId, id: JobId) -> Result<Import> {
    let query = job::Entity::one_of(organization, JobKind::BulkImport.as_str(), id);
    let job = query.one(kernel.db.reader()).await?.ok_or(Error::NotFound("Job"))?;
    if job.expires_at.is_some_and(|at| at <= kernel.clock.now()) {
        return Err(Error::NotFound("Job"));
    }
    Ok(Import { job })
}

/// The import's row errors after place `after` (-1: from the first), at most `limit`, in row order. The
/// caller has got the import before.
pub async fn error_pages(
    kernel: &Kernel,
    import: JobId,
    after: i64,
    limit: u64,
) -> Result<Vec<job_error::Model>> {
    Ok(job_error::Entity::page(import, after).limit(limit).all(kernel.db.reader()).await?)
}

/// Cancels the import: rows that are in stay, no further ones go in. Returns it as it is then.
pub async fn cancel(work: &UnitOfWork, id: JobId) -> Result<(CancelOutcome, Import)> {
    let organization = work.actor.organization;
    let import = get(&work.kernel, organization, id).await?;
    let outcome = ledger::cancel(work, import.job.id).await?;
    let query = job::Entity::one_of(organization, JobKind::BulkImport.as_str(), id);
    let job = query.one(&work.transaction().await?).await?.ok_or(Error::NotFound("Job"))?;
    Ok((outcome, Import { job }))
}
