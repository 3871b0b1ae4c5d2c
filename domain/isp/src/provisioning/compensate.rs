//! Rolls failed requests back, from the last step to the first.

use super::{
    complete::{end, release_resources},
    enqueue_sync, event_for,
    on_subscription_changed::{direction, request_change},
    steps,
};
use crate::{payloads::ProvisioningUndo, subscriptions, vendors};
use engine::ledger::NewJob;
use entities::{
    network_service,
    provisioning_request::{self, Model as Request, RequestStatus, RequestType},
    provisioning_step::StepState,
};
use kernel::UnitOfWork;
use platform::error::Result;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};

/// Starts the rollback of a request, by a job with its own attempts. It is final, even after a crash; a vendor's open
/// order is cancelled. False if a later attempt holds the request.
pub async fn start_rollback(work: &UnitOfWork, request: &Request, why: &str) -> Result<bool> {
    use provisioning_request::{Column, Entity};
    let job = NewJob::new(Some(request.organization_id), &ProvisioningUndo { request: request.id })?
        .request_id(work.actor.request_id.clone());
    let turned = Entity::update_many()
        .col_expr(Column::JobId, Expr::value(job.id))
        .col_expr(Column::Attempt, Expr::value(0))
        .col_expr(Column::Undoing, Expr::value(why))
        .col_expr(Column::UpdatedAt, Expr::value(work.now()))
        .filter(Column::Id.eq(request.id))
        .filter(Column::JobId.eq(request.job_id))
        .filter(Column::Attempt.eq(request.attempt))
        .filter(Column::Status.is_in([RequestStatus::Pending, RequestStatus::InProgress]));
    if turned.exec(&work.transaction().await?).await?.rows_affected == 0 {
        return Ok(false);
    }
    vendors::cancel_orders_of(work, request.job_id).await?;
    work.enqueue(job, vec![]).await?;
    Ok(true)
}

/// Ends a rolled-back request as failed, and records `provisioning.failed`. If the network was restored, the resources
/// are released. If not (`not_undone` is the reason), they are kept: an address that may still be in use must not be
/// assigned again. After a failed change of the plan, the subscription has the plan in force again; changes ordered
/// since are requested.
pub async fn finish_rollback(work: &UnitOfWork, request: &Request, not_undone: Option<&str>) -> Result<()> {
    let is_change = matches!(request.kind, RequestType::Upgrade | RequestType::Downgrade);
    let is_left =
        is_change && subscriptions::fail_change(work, request.subscription_id, request.plan_id).await?;
    end_rolled_back(work, request, not_undone).await?;
    if is_left { request_again(work, request).await } else { Ok(()) }
}

const NOT_UNDONE: &str = "; it could not be undone: ";

/// The rollback of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rollback<'a> {
    /// It is in progress.
    InProgress,
    /// The network has the state before the request.
    Done,
    /// It was given up, for this reason: the network may have any state.
    Failed(&'a str),
}

/// The rollback of a request, and why it was started; `None` if it was not.
pub fn rollback(request: &Request) -> Option<(&str, Rollback<'_>)> {
    let why = request.undoing.as_deref()?;
    let problem = request.last_failure.as_deref().and_then(|last| last.strip_prefix(why));
    let problem = problem.and_then(|last| last.strip_prefix(NOT_UNDONE));
    Some((
        why,
        match (request.status, problem) {
            (RequestStatus::Pending | RequestStatus::InProgress, _) => Rollback::InProgress,
            (_, Some(problem)) => Rollback::Failed(problem),
            _ => Rollback::Done,
        },
    ))
}

async fn end_rolled_back(work: &UnitOfWork, request: &Request, not_undone: Option<&str>) -> Result<()> {
    let why = request.undoing.as_deref().unwrap_or_default();
    let Some(problem) = not_undone else { return fail(work, request.clone(), why).await };
    let why = format!("{why}{NOT_UNDONE}{problem}");
    end_failed(work, request, &why).await?;
    sync_again(work, request).await
}

/// Requests the subscription's plan, which was ordered after the failed one.
async fn request_again(work: &UnitOfWork, request: &Request) -> Result<()> {
    let transaction = work.transaction().await?;
    let found = subscriptions::find(&transaction, request.organization_id, request.subscription_id).await?;
    let installed = network_service::Entity::installed(found.id).one(&transaction).await?;
    let Some(service) = installed else { return Ok(()) };
    request_change(work, &found, direction(work, &found, service.plan_id).await?).await
}

/// Ends a request as failed that has left nothing in the network.
pub(super) async fn fail(work: &UnitOfWork, request: Request, why: &str) -> Result<()> {
    steps::set(work, request.id, &[StepState::Pending, StepState::Done], StepState::Undone).await?;
    let is_new = request.kind == RequestType::NewInstall;
    let request = if is_new {
        release_resources(work, &request).await?;
        Request { ont_id: None, ipv4: None, ipv6: None, ..request }
    } else {
        request
    };
    end_failed(work, &request, why).await?;
    if is_new { Ok(()) } else { sync_again(work, &request).await }
}

/// Stores the failure: as the last failure, and after the caller's notes.
async fn end_failed(work: &UnitOfWork, request: &Request, why: &str) -> Result<()> {
    let notes = Some(noted(request, why));
    let request = Request { last_failure: Some(why.to_owned()), ..request.clone() };
    let failed = end(work, &request, RequestStatus::Failed, notes).await?;
    work.record([event_for(work, "provisioning.failed", &failed)?]);
    Ok(())
}

/// Applies suspensions and resumptions made during the request, which was to apply them.
async fn sync_again(work: &UnitOfWork, request: &Request) -> Result<()> {
    let transaction = work.transaction().await?;
    let found = subscriptions::find(&transaction, request.organization_id, request.subscription_id).await?;
    enqueue_sync(work, &found).await
}

/// The notes of a request for display: the caller's, followed by the last failure while it is in progress.
pub fn notes(request: &Request) -> Option<String> {
    match &request.last_failure {
        Some(why) if request.status == RequestStatus::InProgress => {
            Some(behind_notes(request, &format!("Last failure: {why}")))
        }
        _ => request.notes.clone(),
    }
}

/// The caller's notes, followed by the reason of the failure.
fn noted(request: &Request, why: &str) -> String {
    behind_notes(request, &format!("Failed: {why}"))
}

fn behind_notes(request: &Request, more: &str) -> String {
    match request.notes.as_deref() {
        Some(notes) if !notes.is_empty() => format!("{notes}\n{more}"),
        _ => more.to_owned(),
    }
}
