//! From when on another plan is billed: from the completion of its provisioning.

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

/// Bills this plan from now on, which the network was just given for a subscription that is locked. One
/// that is billed already, or over, stays as it is.
pub async fn bill_provisioned(work: &UnitOfWork, row: &subscription::Model, plan: PlanId) -> Result<()> {
    if row.status == SubscriptionStatus::Cancelled {
        return Ok(());
    }
    let zone = organizations::zone(&work.transaction().await?, row.organization_id).await?;
    let mut held = LockedSubscription::of(work, row.clone()).await?;
    match provisioned(&held.changes, plan, held.now(work), &zone)? {
        Some(change) => held.put(work, change).await,
        None => Ok(()),
    }
}

/// The newest change to the plan, billed from then on; none if it is billed already. A change that was put off to the
/// next month, which has begun by now, counts at once.
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
