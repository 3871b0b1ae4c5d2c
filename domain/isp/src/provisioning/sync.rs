//! Applies suspensions and resumptions of installed subscriptions to the network.

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

/// Enqueues a job that syncs the network with the subscription. Without effect if it is not installed: its installation
/// checks the subscription before it ends.
pub async fn enqueue_sync(work: &UnitOfWork, subscription: &subscription::Model) -> Result<()> {
    let transaction = work.transaction().await?;
    let installed = network_service::Entity::installed(subscription.id).one(&transaction).await?;
    if installed.is_none() {
        return Ok(());
    }
    let payload = NetworkSync { subscription: subscription.id };
    let job = NewJob::new(Some(subscription.organization_id), &payload)?;
    work.enqueue(job.request_id(work.actor.request_id.clone()), vec![]).await
}

/// The desired state of the network for a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DesiredState {
    /// Nothing to do: it was never installed.
    Nothing,
    /// A request in progress changes it, and checks the subscription before it ends.
    RequestInProgress,
    /// The service is to exist.
    Present(Provisioner, Service),
    /// The service is to be removed.
    Absent(Provisioner, Service),
}

/// The current desired state for the subscription, with the speeds of the last completed request. The caller applies it
/// and then calls [`confirm_synced`].
pub async fn desired_state(work: &UnitOfWork, id: SubscriptionId) -> Result<DesiredState> {
    let transaction = work.transaction().await?;
    let Some(found) = network_service::Entity::find_by_id(id).one(&transaction).await? else {
        return Ok(DesiredState::Nothing);
    };
    let (provisioner, removed) = (found.provisioner, found.removed_at.is_some());
    let service = Service::installed(found, None);
    if removed {
        return Ok(DesiredState::Absent(provisioner, service));
    }
    let open = provisioning_request::Entity::open_of(id).one(&transaction).await?;
    if open.is_some_and(|request| request.status == RequestStatus::InProgress) {
        return Ok(DesiredState::RequestInProgress);
    }
    let subscription = subscriptions::find(&transaction, work.actor.organization, id).await?;
    Ok(DesiredState::Present(provisioner, service.following(&subscription)))
}

/// Whether the applied state is still the desired one; if so, stores it. Concurrent syncs may overtake each other, and a
/// request may start meanwhile: then the last one to apply its state gets false, and applies the new state.
pub async fn confirm_synced(work: &UnitOfWork, id: SubscriptionId, made: &DesiredState) -> Result<bool> {
    let locked = network_service::Entity::find_by_id(id).lock_exclusive();
    locked.one(&work.transaction().await?).await?;
    // The stored state is not compared: it is written here, or by another sync.
    if desired_state(work, id).await? != *made {
        return Ok(false);
    }
    if let DesiredState::Present(_, service) = made {
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
