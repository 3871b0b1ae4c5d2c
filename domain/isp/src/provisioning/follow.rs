//! How the network follows what becomes of a subscription by other means than a request.

use super::{NewRequest, align, open};
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

    async fn follow(&self, work: &UnitOfWork, before: &Model, after: &Model) -> Result<()> {
        follow(work, before, after).await
    }
}

/// Has the network follow a change of a subscription that has taken effect. Another plan is a request of its own, so
/// that partners see how it goes; a suspension and a resumption are followed without one. A request that is under way
/// looks at the subscription before it ends, so all is left to it. The caller holds the subscription's lock.
pub async fn follow(work: &UnitOfWork, before: &Model, after: &Model) -> Result<()> {
    if before.plan_id == after.plan_id {
        return align(work, after).await;
    }
    let transaction = work.transaction().await?;
    let is_open = provisioning_request::Entity::open_of(after.id).count(&transaction).await? > 0;
    let is_there = network_service::Entity::installed(after.id).count(&transaction).await? > 0;
    match (is_open, is_there) {
        (false, true) => ask(work, after, way(work, after, before.plan_id).await?).await,
        _ => Ok(()),
    }
}

/// Has a subscription installed whose start date has come. Nothing where that was asked for before, however it went:
/// whether an installation that has failed is tried again is for people to say.
pub async fn install(work: &UnitOfWork, subscription: &Model) -> Result<()> {
    let transaction = work.transaction().await?;
    let installations =
        provisioning_request::Entity::installations_of(subscription.customer_id, subscription.id);
    let was_asked = installations.count(&transaction).await? > 0;
    if was_asked { Ok(()) } else { ask(work, subscription, RequestType::NewInstall).await }
}

/// Which way a change from that plan to the subscription's goes.
pub(super) async fn way(work: &UnitOfWork, subscription: &Model, before: PlanId) -> Result<RequestType> {
    let plans = Plans::of(&work.transaction().await?, subscription.organization_id).await?;
    Ok(match plans.compare(before, subscription.plan_id)? {
        Ordering::Less => RequestType::Downgrade,
        _ => RequestType::Upgrade,
    })
}

/// Opens a request for a subscription; nothing where another has just been opened.
pub(super) async fn ask(work: &UnitOfWork, subscription: &Model, kind: RequestType) -> Result<()> {
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
