//! Completes requests.

use super::{
    Plan, Service, enqueue_sync, event_for,
    on_subscription_changed::{direction, request_change},
    service::is_suspended,
    steps,
};
use crate::{addresses, coverage, subscriptions};
use chrono::{DateTime, Utc};
use entities::{
    ids::PlanId,
    network_service,
    plan::Provisioner,
    provisioning_request::{self, Model as Request, RequestStatus, RequestType},
    provisioning_step::StepState,
    subscription::{self, SubscriptionStatus},
};
use kernel::UnitOfWork;
use platform::error::Result;
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter,
    sea_query::{Expr, OnConflict},
};

/// The result of completing a request.
#[derive(Debug)]
pub enum Completed {
    /// It has completed.
    Yes,
    /// It is obsolete, for this reason, and has to be rolled back.
    No(&'static str),
}

/// Completes a request after its change was verified in the network: activates or ends the subscription, stores the
/// service, and records `provisioning.completed`. The caller finishes the job in the same transaction.
pub async fn complete(work: &UnitOfWork, plan: &Plan) -> Result<Completed> {
    let request = &plan.request;
    let subscription = subscriptions::lock(work, request.subscription_id).await?;
    let over = subscription.status == SubscriptionStatus::Cancelled;
    match (&plan.after, request.kind) {
        (Some(_), RequestType::NewInstall) if over => {
            return Ok(Completed::No("the subscription was cancelled"));
        }
        (Some(after), RequestType::NewInstall) => {
            addresses::activate(work, request.subscription_id.0).await?;
            subscriptions::activate(work, request.subscription_id, work.now()).await?;
            installed(work, plan.provisioner, after).await?;
        }
        (Some(after), _) => {
            changed(work, after).await?;
            subscriptions::bill_provisioned(work, &subscription, after.plan_id).await?;
        }
        (None, _) => removed(work, request).await?,
    }
    steps::set(work, request.id, &[StepState::Pending], StepState::Done).await?;
    let done = end(work, request, RequestStatus::Completed, request.notes.clone()).await?;
    work.record([event_for(work, "provisioning.completed", &done)?]);
    if let Some(after) = &plan.after {
        catch_up(work, &subscription, plan.plan_id, after).await?;
    }
    Ok(Completed::Yes)
}

/// Applies changes of the subscription made during the request.
async fn catch_up(
    work: &UnitOfWork,
    subscription: &subscription::Model,
    plan: PlanId,
    made: &Service,
) -> Result<()> {
    if subscription.status == SubscriptionStatus::Cancelled {
        return request_change(work, subscription, RequestType::Disconnect).await;
    }
    if subscription.plan_id != plan {
        return request_change(work, subscription, direction(work, subscription, plan).await?).await;
    }
    if is_suspended(subscription) == made.suspended { Ok(()) } else { enqueue_sync(work, subscription).await }
}

async fn installed(work: &UnitOfWork, provisioner: Provisioner, made: &Service) -> Result<()> {
    let row = service(provisioner, made, work.now());
    let unless_there = OnConflict::new().do_nothing().to_owned();
    network_service::Entity::insert(row.into_active_model())
        .on_conflict(unless_there)
        .exec_without_returning(&work.transaction().await?)
        .await?;
    Ok(())
}

/// The row of an installed service.
pub(super) fn service(
    provisioner: Provisioner,
    made: &Service,
    now: DateTime<Utc>,
) -> network_service::Model {
    network_service::Model {
        subscription_id: made.subscription,
        organization_id: made.organization,
        customer_id: made.customer,
        provisioner,
        vendor_provisioner_id: made.vendor,
        plan_id: made.plan_id,
        username: made.username.clone(),
        download_mbps: made.download_mbps,
        upload_mbps: made.upload_mbps,
        ipv4: made.ipv4.clone(),
        ipv6: made.ipv6.clone(),
        ont_id: made.ont.clone(),
        suspended: made.suspended,
        installed_at: now,
        removed_at: None,
        updated_at: now,
    }
}

async fn changed(work: &UnitOfWork, made: &Service) -> Result<()> {
    let row = network_service::ActiveModel {
        subscription_id: Set(made.subscription),
        plan_id: Set(made.plan_id),
        download_mbps: Set(made.download_mbps),
        upload_mbps: Set(made.upload_mbps),
        suspended: Set(made.suspended),
        updated_at: Set(work.now()),
        ..Default::default()
    };
    row.update(&work.transaction().await?).await?;
    Ok(())
}

async fn removed(work: &UnitOfWork, request: &Request) -> Result<()> {
    use network_service::{Column, Entity};
    // A subscription that was never installed has no row.
    Entity::update_many()
        .col_expr(Column::RemovedAt, Expr::value(work.now()))
        .col_expr(Column::UpdatedAt, Expr::value(work.now()))
        .filter(Column::SubscriptionId.eq(request.subscription_id))
        .exec(&work.transaction().await?)
        .await?;
    release_resources(work, request).await?;
    subscriptions::end(work, &crate::provisioning::Provisioned, request.subscription_id, work.now())
        .await
        .map(drop)
}

/// Releases the subscription's addresses and ONT. Idempotent.
pub(super) async fn release_resources(work: &UnitOfWork, request: &Request) -> Result<()> {
    addresses::release(work, request.subscription_id.0).await?;
    coverage::give_ont_back(work, request.subscription_id.0).await
}

/// Stores the end of the request, and returns it.
pub(super) async fn end(
    work: &UnitOfWork,
    request: &Request,
    status: RequestStatus,
    notes: Option<String>,
) -> Result<Request> {
    let completed = (status == RequestStatus::Completed).then(|| work.now());
    let ended = Request { status, notes, completed_at: completed, updated_at: work.now(), ..request.clone() };
    let row = provisioning_request::ActiveModel {
        id: Set(ended.id),
        status: Set(ended.status),
        notes: Set(ended.notes.clone()),
        last_failure: Set(ended.last_failure.clone()),
        completed_at: Set(ended.completed_at),
        updated_at: Set(ended.updated_at),
        ont_id: Set(ended.ont_id.clone()),
        ipv4: Set(ended.ipv4.clone()),
        ipv6: Set(ended.ipv6.clone()),
        ..Default::default()
    };
    row.update(&work.transaction().await?).await?;
    Ok(ended)
}
