//! Whether a request is open, or what was decided and when. All operations of a vendor check this here, so that live
//! and simulated requests follow one rule, and vendor and partner never see different outcomes.

use chrono::{DateTime, SecondsFormat, Utc};
use entities::{
    job,
    vendor_request::{self, RequestState},
};
use kernel::UnitOfWork;
use platform::error::{Error, Result};
use sea_orm::{EntityTrait, QuerySelect, Select, sea_query::LockType};
use std::time::Duration;

/// The reason of a request whose job was cancelled or has ended without it.
pub(super) const CANCELLED: &str = "it was cancelled";

/// The final outcome of a request. After it, results, attempts and details are rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FinalOutcome {
    /// The time.
    pub at: DateTime<Utc>,
    /// Why it failed; `None` if it was fulfilled.
    pub failure: Option<String>,
}

impl FinalOutcome {
    /// The outcome of a request at a time, or `None` while it is open. `job_ended_at` is when the waiting job ended or
    /// was cancelled; `patience` is the deadline of vendors.
    ///
    /// A passed deadline applies immediately, whether or not the job or the sweeper has recorded it yet.
    pub(super) fn of(
        request: &vendor_request::Model,
        job_ended_at: Option<DateTime<Utc>>,
        (now, patience): (DateTime<Utc>, Duration),
    ) -> Option<Self> {
        let decided_at = request.decided_at.unwrap_or(request.created_at);
        let failed = |at, why| Some(Self { at, failure: Some(why) });
        match (request.state, job_ended_at) {
            (RequestState::Succeeded, _) => Some(Self { at: decided_at, failure: None }),
            (RequestState::Failed, _) => failed(decided_at, request.reason.clone().unwrap_or_default()),
            (RequestState::Open, Some(at)) if at < request.deadline_at => failed(at, CANCELLED.into()),
            (RequestState::Open, _) if now >= request.deadline_at => {
                failed(request.deadline_at, missed_deadline(request, patience))
            }
            (RequestState::Open, _) => None,
        }
    }

    /// The error for anything after it, with the decision and its time.
    pub(super) fn conflict(&self) -> Error {
        let at = self.at.to_rfc3339_opts(SecondsFormat::Millis, true);
        let message = match &self.failure {
            None => format!("The provision request was fulfilled at {at}"),
            Some(why) => format!("The provision request failed at {at}: {why}"),
        };
        Error::Conflict { message, field: None }
    }
}

/// The outcome of the request, or `None` while it is open. The caller has locked it; the waiting job is locked here, so
/// that it cannot be cancelled before the transaction ends. Requests are locked before jobs; cancelling locks only
/// jobs.
pub(super) async fn final_outcome(
    work: &UnitOfWork,
    request: &vendor_request::Model,
) -> Result<Option<FinalOutcome>> {
    seen(work, request, |job| job.lock(LockType::NoKeyUpdate)).await
}

/// Whether the request has ended, for reading: the job is not locked.
pub(super) async fn has_ended(work: &UnitOfWork, request: &vendor_request::Model) -> Result<bool> {
    Ok(seen(work, request, |job| job).await?.is_some())
}

async fn seen(
    work: &UnitOfWork,
    request: &vendor_request::Model,
    locking: impl FnOnce(Select<job::Entity>) -> Select<job::Entity> + Send,
) -> Result<Option<FinalOutcome>> {
    let job_ended_at = match (request.state, request.waiting_job) {
        (RequestState::Open, Some(id)) => {
            let job = locking(job::Entity::find_by_id(id)).one(&work.transaction().await?).await?;
            // A removed job had ended. A job being cancelled accepts no answer.
            job.map_or_else(|| Some(work.now()), |job| job.cancel_requested_at.or(job.finished_at))
        }
        _ => None,
    };
    let patience = work.kernel.settings.vendors.deadline;
    Ok(FinalOutcome::of(request, job_ended_at, (work.now(), patience)))
}

/// `Conflict` unless the request is open. The caller has locked it.
pub(super) async fn ensure_open(work: &UnitOfWork, request: &vendor_request::Model) -> Result<()> {
    final_outcome(work, request).await?.map_or(Ok(()), |outcome| Err(outcome.conflict()))
}

/// Deadlines in whole hours, as configured; shorter ones in seconds. The vendor's last message follows.
fn missed_deadline(request: &vendor_request::Model, patience: Duration) -> String {
    let patience = match patience.as_secs() {
        seconds @ ..3600 => format!("{seconds} s"),
        seconds => format!("{} h", seconds / 3600),
    };
    match &request.reason {
        None => format!("the vendor did not answer within {patience}"),
        Some(last) => format!("the vendor did not fulfil it within {patience}: {last}"),
    }
}

#[cfg(test)]
mod tests;
