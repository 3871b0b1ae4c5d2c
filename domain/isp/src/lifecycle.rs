//! Operations on subscriptions, with their effects on the network. [`subscriptions`] does not depend on provisioning; this
//! module passes it in.

use crate::{
    provisioning::Provisioned,
    subscriptions::{self, Changed, NewSubscription, PlanChange, SubscriptionView, SuspendRequest},
};
use chrono::{DateTime, Utc};
use entities::{ids::SubscriptionId, subscription};
use kernel::UnitOfWork;
use platform::error::Result;

/// [`subscriptions::run_due`], with its effects on the network.
pub async fn run_due(work: &UnitOfWork, id: SubscriptionId, until: DateTime<Utc>) -> Result<()> {
    subscriptions::run_due(work, &Provisioned, id, until).await
}

/// [`subscriptions::create`], with its effects on the network.
pub async fn create(work: &UnitOfWork, new: NewSubscription) -> Result<SubscriptionView> {
    subscriptions::create(work, &Provisioned, new).await
}

/// [`subscriptions::suspend`], with its effects on the network.
pub async fn suspend(work: &UnitOfWork, id: SubscriptionId, pause: SuspendRequest) -> Result<Changed> {
    subscriptions::suspend(work, &Provisioned, id, pause).await
}

/// [`subscriptions::resume`], with its effects on the network.
pub async fn resume(work: &UnitOfWork, id: SubscriptionId, pause: SuspendRequest) -> Result<Changed> {
    subscriptions::resume(work, &Provisioned, id, pause).await
}

/// [`subscriptions::upgrade`], with its effects on the network.
pub async fn upgrade(work: &UnitOfWork, id: SubscriptionId, new: PlanChange) -> Result<Changed> {
    subscriptions::upgrade(work, &Provisioned, id, new).await
}

/// [`subscriptions::downgrade`], with its effects on the network.
pub async fn downgrade(work: &UnitOfWork, id: SubscriptionId, new: PlanChange) -> Result<Changed> {
    subscriptions::downgrade(work, &Provisioned, id, new).await
}

/// [`subscriptions::end`], with its effects on the network.
pub async fn end(work: &UnitOfWork, id: SubscriptionId, at: DateTime<Utc>) -> Result<subscription::Model> {
    subscriptions::end(work, &Provisioned, id, at).await
}
