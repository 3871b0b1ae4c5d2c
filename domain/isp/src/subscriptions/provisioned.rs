//! A changed plan is billed from the completion of its provisioning.

use super::LockedSubscription;
use crate::charges::{Kind, Month, Zone};
use chrono::{DateTime, Utc};
use entities::{
    ids::PlanId,
    subscription::{self, SubscriptionStatus},
    subscription_change::Model,
};
use kernel::{UnitOfWork, organizations};
use platform::error::Result;

/// Bills the plan that was just provisioned for a locked subscription from now on. Without effect if it is billed already,
/// or the subscription is cancelled.
pub async fn bill_provisioned(work: &UnitOfWork, row: &subscription::Model, plan: PlanId) -> Result<()> {
    if row.status == SubscriptionStatus::Cancelled {
        return Ok(());
    }
    let zone = organizations::zone(&work.transaction().await?, row.organization_id).await?;
    let mut locked = LockedSubscription::of(work, row.clone()).await?;
    match provisioned(&locked.changes, plan, locked.now(work), &zone)? {
        Some(change) => locked.update_change(work, change).await,
        None => Ok(()),
    }
}

/// The newest change to the plan, billed from then on; `None` if it is billed already. A change whose price was deferred
/// to the next month, which has begun since, counts immediately.
pub(super) fn provisioned(
    changes: &[Model],
    plan_id: PlanId,
    at: DateTime<Utc>,
    zone: &Zone,
) -> Result<Option<Model>> {
    let newest =
        changes.iter().rfind(|change| change.applied_at.is_some() && change.plan_id == Some(plan_id));
    let Some(change) = newest.filter(|change| change.billed_at.is_none()) else { return Ok(None) };
    let kind = match serde_json::from_value(change.kind.clone())? {
        Kind::Changed { plan, prorate } => {
            Kind::Changed { plan, prorate: prorate || is_put_off_until_now(change.effective_at, at, zone) }
        }
        other => other,
    };
    Ok(Some(Model {
        billed_at: Some(at),
        failed_at: None,
        kind: serde_json::to_value(kind)?,
        ..change.clone()
    }))
}

fn is_put_off_until_now(effective: DateTime<Utc>, now: DateTime<Utc>, zone: &Zone) -> bool {
    let month = Month::of(effective, zone);
    effective == month.span(zone).from || Month::of(now, zone) != month
}

#[cfg(test)]
mod tests;
