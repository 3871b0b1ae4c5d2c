//! Applies what is due for a subscription: its start, and planned changes.

use super::{LockedSubscription, begin, change, lock, network::Network};
use chrono::{DateTime, Utc};
use entities::{
    ids::SubscriptionId,
    subscription::{self, SubscriptionStatus},
    subscription_change,
};
use kernel::UnitOfWork;
use platform::error::{Error, Result};

/// Applies everything due for the subscription until now, or until `until` if that is later. Idempotent. A planned change
/// of the plan is dropped if the customer has another subscription of that plan by then, or this one is to be disconnected.
pub async fn run_due(
    work: &UnitOfWork,
    network: &dyn Network,
    id: SubscriptionId,
    until: DateTime<Utc>,
) -> Result<()> {
    lock_and_apply_due(work, network, id, until.max(work.now())).await.map(|_| ())
}

/// Locks the subscription, and applies everything due until then.
pub(super) async fn lock_and_apply_due(
    work: &UnitOfWork,
    network: &dyn Network,
    id: SubscriptionId,
    until: DateTime<Utc>,
) -> Result<LockedSubscription> {
    let row = activate_on_start_date(work, network, lock(work, id).await?, until).await?;
    apply_due(work, network, LockedSubscription::of(work, row).await?, until).await
}

/// Starts the subscription if its start date has passed.
async fn activate_on_start_date(
    work: &UnitOfWork,
    network: &dyn Network,
    row: subscription::Model,
    until: DateTime<Utc>,
) -> Result<subscription::Model> {
    match row.starts_at {
        Some(at) if row.status == SubscriptionStatus::Pending && at <= until => {
            start(work, network, row, at).await
        }
        _ => Ok(row),
    }
}

/// Activates an already installed subscription; requests the installation of any other, which is activated, and so
/// charged, only when the installation completes.
pub(super) async fn start(
    work: &UnitOfWork,
    network: &dyn Network,
    row: subscription::Model,
    at: DateTime<Utc>,
) -> Result<subscription::Model> {
    if row.already_installed {
        return begin(work, row, at).await;
    }
    network.install(work, &row).await?;
    Ok(row)
}

/// Applies the changes planned until then, in order.
pub(super) async fn apply_due(
    work: &UnitOfWork,
    network: &dyn Network,
    mut locked: LockedSubscription,
    until: DateTime<Utc>,
) -> Result<LockedSubscription> {
    let is_due =
        |change: &&subscription_change::Model| change.applied_at.is_none() && change.effective_at <= until;
    while let Some(next) = locked.changes.iter().find(is_due).cloned() {
        if is_obsolete(work, network, &locked, &next).await? {
            // At most one change of the plan is planned, so it is this one.
            locked.drop_planned(work, |change| change.plan_id.is_some()).await?;
        } else {
            locked.applied(work, &next).await?;
            locked.row = change::apply(work, network, &locked.row, locked.row.clone(), &next).await?;
        }
    }
    Ok(locked)
}

/// Whether a planned change has become impossible: the customer has another subscription of the plan, or this one is to
/// be disconnected.
async fn is_obsolete(
    work: &UnitOfWork,
    network: &dyn Network,
    locked: &LockedSubscription,
    change: &subscription_change::Model,
) -> Result<bool> {
    let Some(plan) = change.plan_id else { return Ok(false) };
    if change::has_plan(work, &locked.row, plan).await? {
        return Ok(true);
    }
    match network.check_plan_change(work, &locked.row).await {
        Ok(()) => Ok(false),
        Err(Error::Conflict { .. }) => Ok(true),
        Err(error) => Err(error),
    }
}
