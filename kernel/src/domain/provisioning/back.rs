//! How a request ends badly: it is undone, from the last step to the first, and fails.

use super::{
    align,
    complete::{end, give_back},
    steps, told,
};
use crate::{Work, domain::subscriptions, error::Result, jobs::Provisioning, ledger::NewJob};
use entities::{
    provisioning_request::{self, Model as Request, RequestStatus, RequestType},
    provisioning_step::StepState,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set};

/// Gives a request up for this reason: another job undoes it, with as many attempts as it takes to do one. From
/// here on nothing makes it go forward again, whatever is killed.
pub async fn turn_back(work: &Work, request: &Request, why: &str) -> Result<()> {
    let job = NewJob::new(Some(request.organization_id), &Provisioning { request: request.id })?
        .request_id(work.actor.request_id.clone());
    let row = provisioning_request::ActiveModel {
        id: Set(request.id),
        job_id: Set(job.id),
        attempt: Set(0),
        undoing: Set(Some(why.to_owned())),
        updated_at: Set(work.now()),
        ..Default::default()
    };
    row.update(&*work.transaction().await?).await?;
    work.enqueue(job, vec![]).await
}

/// Ends a request that is being undone, and records `provisioning.failed`. With the network as it was before,
/// what was taken is given back. With a network that could not be made so (`not_undone` says why), it is kept: an
/// address that may still be in use must not be given to another.
pub async fn undone(work: &Work, request: &Request, not_undone: Option<&str>) -> Result<()> {
    let why = request.undoing.as_deref().unwrap_or_default();
    let Some(problem) = not_undone else { return fail(work, request.clone(), why).await };
    let notes = noted(request, &format!("{why}; it could not be undone: {problem}"));
    let failed = end(work, request, RequestStatus::Failed, Some(notes)).await?;
    work.record(&[told(work, "provisioning.failed", &failed)?]).await
}

/// Ends a request as failed, of which nothing is left in the network.
pub(super) async fn fail(work: &Work, request: Request, why: &str) -> Result<()> {
    steps::set(work, request.id, &[StepState::Pending, StepState::Done], StepState::Undone).await?;
    let notes = Some(noted(&request, why));
    let is_new = request.kind == RequestType::NewInstall;
    let request = if is_new {
        give_back(work, &request).await?;
        Request { ont_id: None, ipv4: None, ipv6: None, ..request }
    } else {
        request
    };
    let failed = end(work, &request, RequestStatus::Failed, notes).await?;
    work.record(&[told(work, "provisioning.failed", &failed)?]).await?;
    if is_new {
        return Ok(());
    }
    // What was undone is how the service was before: it may have been suspended or resumed since.
    let transaction = work.transaction().await?;
    let found = subscriptions::find(&*transaction, request.organization_id, request.subscription_id).await?;
    drop(transaction);
    align(work, &found).await
}

/// The caller's notes, and behind them why it failed.
fn noted(request: &Request, why: &str) -> String {
    match request.notes.as_deref() {
        Some(notes) if !notes.is_empty() => format!("{notes}\nFailed: {why}"),
        _ => format!("Failed: {why}"),
    }
}
