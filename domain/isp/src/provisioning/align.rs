//! How the network follows a subscription that is suspended or resumed after it was installed.

use super::Service;
use crate::{payloads::NetworkSync, subscriptions};
use engine::ledger::NewJob;
use entities::{
    ids::SubscriptionId,
    network_service,
    plan::Provisioner,
    provisioning_request::{self, RequestStatus},
    subscription,
};
use kernel::UnitOfWork;
use platform::error::Result;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, QuerySelect};

/// Enqueues a job that makes the network agree with the subscription. Nothing for one that is not installed: what
/// installs it looks at the subscription before it ends.
pub async fn align(work: &UnitOfWork, subscription: &subscription::Model) -> Result<()> {
    let transaction = work.transaction().await?;
    let installed = network_service::Entity::installed(subscription.id).one(&transaction).await?;
    if installed.is_none() {
        return Ok(());
    }
    let payload = NetworkSync { subscription: subscription.id };
    let job = NewJob::new(Some(subscription.organization_id), &payload)?;
    work.enqueue(job.request_id(work.actor.request_id.clone()), vec![]).await
}

/// What the network is to be made for a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alignment {
    /// Nothing: it never did anything for it.
    Nothing,
    /// It is being changed by a request, which looks at the subscription before it ends, and sees to it.
    Left,
    /// To do this.
    Is(Provisioner, Service),
    /// To do this no more.
    IsNot(Provisioner, Service),
}

/// What the network is to do for the subscription now, at the speeds that the last request brought. The caller makes
/// it so, and then asks [`aligned`].
pub async fn alignment(work: &UnitOfWork, id: SubscriptionId) -> Result<Alignment> {
    let transaction = work.transaction().await?;
    let Some(found) = network_service::Entity::find_by_id(id).one(&transaction).await? else {
        return Ok(Alignment::Nothing);
    };
    let (provisioner, removed) = (found.provisioner, found.removed_at.is_some());
    let service = Service::installed(found, None);
    if removed {
        return Ok(Alignment::IsNot(provisioner, service));
    }
    let open = provisioning_request::Entity::open_of(id).one(&transaction).await?;
    if open.is_some_and(|request| request.status == RequestStatus::InProgress) {
        return Ok(Alignment::Left);
    }
    let subscription = subscriptions::find(&transaction, work.actor.organization, id).await?;
    Ok(Alignment::Is(provisioner, service.following(&subscription)))
}

/// Whether what the network was made is what it is to be, and if so, keeps that it is. Two who align at once may
/// overtake each other, and a request may begin meanwhile; whoever made the last change finds here that it is not
/// the one that is wanted any more.
pub async fn aligned(work: &UnitOfWork, id: SubscriptionId, made: &Alignment) -> Result<bool> {
    let locked = network_service::Entity::find_by_id(id).lock_exclusive();
    locked.one(&work.transaction().await?).await?;
    // What is kept of the service does not count: it is written here, or by another who aligned.
    if alignment(work, id).await? != *made {
        return Ok(false);
    }
    if let Alignment::Is(_, service) = made {
        let row = network_service::ActiveModel {
            subscription_id: Set(id),
            suspended: Set(service.suspended),
            updated_at: Set(work.now()),
            ..Default::default()
        };
        row.update(&work.transaction().await?).await?;
    }
    Ok(true)
}
