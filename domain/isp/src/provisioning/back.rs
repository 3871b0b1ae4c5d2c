//! How a request ends badly: it is undone, from the last step to the first, and fails.

use super::{
    align,
    complete::{end, give_back},
    follow::{ask, way},
    steps, told,
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

/// Gives a request up for this reason: another job undoes it, with as many attempts as it takes to do one. From
/// here on nothing makes it go forward again, whatever is killed: a vendor's open order is cancelled with it. False when a later attempt has the request.
pub async fn turn_back(work: &UnitOfWork, request: &Request, why: &str) -> Result<bool> {
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

/// Ends a request that is being undone, and records `provisioning.failed`. With the network as it was before,
/// what was taken is given back. With a network that could not be made so (`not_undone` says why), it is kept: an
/// address that may still be in use must not be given to another. The subscription of a change of the plan has the plan
/// that is in force again; what was ordered since is asked for.
pub async fn undone(work: &UnitOfWork, request: &Request, not_undone: Option<&str>) -> Result<()> {
    let is_change = matches!(request.kind, RequestType::Upgrade | RequestType::Downgrade);
    let is_left =
        is_change && subscriptions::fail_change(work, request.subscription_id, request.plan_id).await?;
    end_undone(work, request, not_undone).await?;
    if is_left { ask_again(work, request).await } else { Ok(()) }
}

async fn end_undone(work: &UnitOfWork, request: &Request, not_undone: Option<&str>) -> Result<()> {
    let why = request.undoing.as_deref().unwrap_or_default();
    let Some(problem) = not_undone else { return fail(work, request.clone(), why).await };
    let why = format!("{why}; it could not be undone: {problem}");
    end_failed(work, request, &why).await?;
    align_again(work, request).await
}

/// Asks for the plan that the subscription has, of which nothing was tried.
async fn ask_again(work: &UnitOfWork, request: &Request) -> Result<()> {
    let transaction = work.transaction().await?;
    let found = subscriptions::find(&transaction, request.organization_id, request.subscription_id).await?;
    let installed = network_service::Entity::installed(found.id).one(&transaction).await?;
    let Some(service) = installed else { return Ok(()) };
    ask(work, &found, way(work, &found, service.plan_id).await?).await
}

/// Ends a request as failed, of which nothing is left in the network.
pub(super) async fn fail(work: &UnitOfWork, request: Request, why: &str) -> Result<()> {
    steps::set(work, request.id, &[StepState::Pending, StepState::Done], StepState::Undone).await?;
    let is_new = request.kind == RequestType::NewInstall;
    let request = if is_new {
        give_back(work, &request).await?;
        Request { ont_id: None, ipv4: None, ipv6: None, ..request }
    } else {
        request
    };
    end_failed(work, &request, why).await?;
    if is_new { Ok(()) } else { align_again(work, &request).await }
}

/// Writes that the request has failed and why: for programs as its last failure, for people behind the caller's notes.
async fn end_failed(work: &UnitOfWork, request: &Request, why: &str) -> Result<()> {
    let notes = Some(noted(request, why));
    let request = Request { last_failure: Some(why.to_owned()), ..request.clone() };
    let failed = end(work, &request, RequestStatus::Failed, notes).await?;
    work.record([told(work, "provisioning.failed", &failed)?]);
    Ok(())
}

/// The service is as it was before, as far as it is known: the subscription may have been suspended or resumed since,
/// which was left to the request.
async fn align_again(work: &UnitOfWork, request: &Request) -> Result<()> {
    let transaction = work.transaction().await?;
    let found = subscriptions::find(&transaction, request.organization_id, request.subscription_id).await?;
    align(work, &found).await
}

/// The notes of a request as they are shown: the caller's own, and while it is in progress, behind them why the latest
/// try failed.
pub fn notes(request: &Request) -> Option<String> {
    match &request.last_failure {
        Some(why) if request.status == RequestStatus::InProgress => {
            Some(behind_notes(request, &format!("Last failure: {why}")))
        }
        _ => request.notes.clone(),
    }
}

/// The caller's notes, and behind them why it failed.
fn noted(request: &Request, why: &str) -> String {
    behind_notes(request, &format!("Failed: {why}"))
}

fn behind_notes(request: &Request, more: &str) -> String {
    match request.notes.as_deref() {
        Some(notes) if !notes.is_empty() => format!("{notes}\n{more}"),
        _ => more.to_owned(),
    }
}
