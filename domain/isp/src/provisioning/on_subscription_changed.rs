//! Applies changes of subscriptions that were not made by a request to the network.

use super::{NewRequest, enqueue_sync, open, open::open_conflict};
use crate::plans::Plans;
use crate::subscriptions::Network;
use async_trait::async_trait;
use entities::{
    ids::PlanId,
    network_service,
    provisioning_request::{self, RequestType},
    subscription::Model,
};
use kernel::UnitOfWork;
use platform::error::{Error, Result};
use sea_orm::PaginatorTrait;
use std::cmp::Ordering;

/// Applies changes of [`subscriptions`](crate::subscriptions) through the provisioners.
pub struct Provisioned;

#[async_trait]
impl Network for Provisioned {
    async fn install(&self, work: &UnitOfWork, subscription: &Model) -> Result<()> {
        install(work, subscription).await
    }

    async fn check_plan_change(&self, work: &UnitOfWork, subscription: &Model) -> Result<()> {
        let open =
            provisioning_request::Entity::open_of(subscription.id).one(&work.transaction().await?).await?;
        match open.filter(|request| request.kind == RequestType::Disconnect) {
            Some(request) => Err(open_conflict(&request, work.now(), None)),
            None => Ok(()),
        }
    }

    async fn on_subscription_changed(&self, work: &UnitOfWork, before: &Model, after: &Model) -> Result<()> {
        on_subscription_changed(work, before, after).await
    }
}

/// Applies an effective change of a subscription to the network. A change of the plan opens a request, so that partners
/// see its progress; suspensions and resumptions do not. A request in progress checks the subscription before it ends,
/// so nothing is done here then. The caller holds the subscription's lock.
pub async fn on_subscription_changed(work: &UnitOfWork, before: &Model, after: &Model) -> Result<()> {
    if before.plan_id == after.plan_id {
        return enqueue_sync(work, after).await;
    }
    let transaction = work.transaction().await?;
    let is_open = provisioning_request::Entity::open_of(after.id).count(&transaction).await? > 0;
    let is_there = network_service::Entity::installed(after.id).count(&transaction).await? > 0;
    match (is_open, is_there) {
        (false, true) => request_change(work, after, direction(work, after, before.plan_id).await?).await,
        _ => Ok(()),
    }
}

/// Requests the installation of a subscription whose start date has come. Without effect if one was requested before,
/// whatever its result: people decide whether to retry a failed installation.
pub async fn install(work: &UnitOfWork, subscription: &Model) -> Result<()> {
    let transaction = work.transaction().await?;
    let installations =
        provisioning_request::Entity::installations_of(subscription.customer_id, subscription.id);
    let was_asked = installations.count(&transaction).await? > 0;
    if was_asked { Ok(()) } else { request_change(work, subscription, RequestType::NewInstall).await }
}

/// Whether the change from that plan to the subscription's is an upgrade or a downgrade.
pub(super) async fn direction(
    work: &UnitOfWork,
    subscription: &Model,
    before: PlanId,
) -> Result<RequestType> {
    let plans = Plans::of(&work.transaction().await?, subscription.organization_id).await?;
    Ok(match plans.compare(before, subscription.plan_id)? {
        Ordering::Less => RequestType::Downgrade,
        _ => RequestType::Upgrade,
    })
}

/// Opens a request for a subscription, unless another is open.
pub(super) async fn request_change(work: &UnitOfWork, subscription: &Model, kind: RequestType) -> Result<()> {
    let new = NewRequest {
        customer: subscription.customer_id,
        subscription: subscription.id,
        kind,
        scheduled: None,
        notes: None,
        metadata: None,
    };
    match open(work, new).await {
        Ok(_) | Err(Error::Conflict { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}
