//! What is due for a subscription: what its start date brings, and what was planned for it.

use super::{LockedSubscription, begin, change, lock, network::Network};
use chrono::{DateTime, Utc};
use entities::{
    ids::SubscriptionId,
    subscription::{self, SubscriptionStatus},
};
use kernel::UnitOfWork;
use platform::error::Result;

/// Carries out all that is due for the subscription now, or at that time should it be later. Again, it does nothing
/// more. What cannot be carried out any more, since the customer has got another subscription of the plan meanwhile,
/// is dropped.
pub async fn carry_out(
    work: &UnitOfWork,
    network: &dyn Network,
    id: SubscriptionId,
    until: DateTime<Utc>,
) -> Result<()> {
    settled(work, network, id, until.max(work.now())).await.map(|_| ())
}

/// The subscription, locked, with all carried out that is due until then.
pub(super) async fn settled(
    work: &UnitOfWork,
    network: &dyn Network,
    id: SubscriptionId,
    until: DateTime<Utc>,
) -> Result<LockedSubscription> {
    let row = started(work, network, lock(work, id).await?, until).await?;
    planned(work, network, LockedSubscription::of(work, row).await?, until).await
}

/// Starts the subscription if its start date has come.
async fn started(
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

/// What the start date brings: a subscription that is installed already begins, and any other is to be installed. Its
/// installation begins it, when that has completed: nobody is charged for what does not work yet.
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

/// Carries out what was planned until then, in its order.
pub(super) async fn planned(
    work: &UnitOfWork,
    network: &dyn Network,
    mut held: LockedSubscription,
    until: DateTime<Utc>,
) -> Result<LockedSubscription> {
    let is_due = |change: &&entities::subscription_change::Model| {
        change.applied_at.is_none() && change.effective_at <= until
    };
    while let Some(next) = held.changes.iter().find(is_due).cloned() {
        match next.plan_id {
            Some(plan) if change::is_taken(work, &held.row, plan).await? => {
                // There is one planned change of the plan at most, so it is this one.
                held.take_back(work, |change| change.plan_id.is_some()).await?;
            }
            _ => {
                held.applied(work, &next).await?;
                held.row = change::take_effect(work, network, &held.row, held.row.clone(), &next).await?;
            }
        }
    }
    Ok(held)
}
