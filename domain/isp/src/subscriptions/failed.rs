//! Changes of the plan whose provisioning failed: the subscription returns to the plan in force. They are stored, so that
//! they can be retried, and invoices can explain why they are not billed.

use super::{
    LockedSubscription, RESOURCE, Terms, change,
    history::{Planned, billed},
    lock,
    locked::record_planned_change,
    network::Network,
    payload,
    provisioned::bill_provisioned,
};
use crate::{
    charges::{Kind, to_cents},
    plans::Plans,
};
use entities::{
    ids::{PlanId, SubscriptionId},
    network_service, plan,
    subscription::{self, SubscriptionStatus},
    subscription_change::Model,
};
use kernel::{UnitOfWork, events};
use platform::error::{Error, Field, Result};
use sea_orm::{ActiveModelTrait, IntoActiveModel};
use std::cmp::Ordering;

/// Returns a subscription to its installed plan after the provisioning of another failed, and records
/// `subscription.change_failed` and `subscription.updated`. Changes ordered after the plan that was `tried` stay: true if
/// there is one that needs provisioning; one that returns to the installed plan is billed from now. If nothing was tried,
/// all others have failed. Without effect if the subscription is cancelled or not installed.
pub async fn fail_change(work: &UnitOfWork, id: SubscriptionId, tried: Option<PlanId>) -> Result<bool> {
    let row = lock(work, id).await?;
    let transaction = work.transaction().await?;
    let installed = network_service::Entity::installed(id).one(&transaction).await?;
    let Some(service) = installed.filter(|_| row.status != SubscriptionStatus::Cancelled) else {
        return Ok(false);
    };
    let mut locked = LockedSubscription::of(work, row).await?;
    let is_open = |change: &&Model| is_unbilled(change) && change.failed_at.is_none();
    let open: Vec<_> = locked.changes.iter().filter(is_open).cloned().collect();
    // A change back to the installed plan cannot fail: the network has that plan.
    let withdrawn = usize::from(open.last().is_some_and(|change| change.plan_id == Some(service.plan_id)));
    let count = match tried {
        None => open.len(),
        Some(_) => open.iter().rposition(|change| change.plan_id == tried).map_or(0, |place| place + 1),
    };
    let count = count.min(open.len() - withdrawn);
    for change in &open[..count] {
        record_planned_change(work, change, "subscription.change_failed")?;
        locked.update_change(work, Model { failed_at: Some(work.now()), ..change.clone() }).await?;
    }
    if count < open.len() {
        let is_left = locked.row.plan_id != service.plan_id;
        if !is_left {
            bill_provisioned(work, &locked.row, service.plan_id).await?;
        }
        return Ok(is_left);
    }
    // Another subscription of the customer may have the plan by now.
    if locked.row.plan_id != service.plan_id && !change::has_plan(work, &locked.row, service.plan_id).await? {
        restore_plan(work, &locked, &service).await?;
    }
    Ok(false)
}

/// Applies the last failed change of a locked subscription again, for a new provisioning request. Without effect if
/// another change of the plan followed, or its direction is not `way`. `Conflict` if the customer has another open
/// subscription of the plan.
pub async fn retry_change(
    work: &UnitOfWork,
    network: &dyn Network,
    id: SubscriptionId,
    way: Ordering,
) -> Result<()> {
    let mut locked = LockedSubscription::of(work, lock(work, id).await?).await?;
    let last = locked.changes.iter().rfind(|change| change.plan_id.is_some() && change.applied_at.is_some());
    let Some(change) = last.filter(|change| change.failed_at.is_some()).cloned() else { return Ok(()) };
    let Some(plan) = change.plan_id else { return Ok(()) };
    let plans = Plans::of(&work.transaction().await?, locked.row.organization_id).await?;
    if plans.compare(locked.row.plan_id, plan)? != way {
        return Ok(());
    }
    if change::has_plan(work, &locked.row, plan).await? {
        return Err(change::plan_conflict(Field::Subscription));
    }
    let change = Model { failed_at: None, ..change };
    locked.update_change(work, change.clone()).await?;
    change::apply(work, network, &locked.row, locked.row.clone(), &change).await.map(drop)
}

fn is_unbilled(change: &Model) -> bool {
    change.plan_id.is_some() && change.applied_at.is_some() && change.billed_at.is_none()
}

/// Restores the installed plan, at the price billed for it.
async fn restore_plan(
    work: &UnitOfWork,
    locked: &LockedSubscription,
    service: &network_service::Model,
) -> Result<()> {
    let before = &locked.row;
    let by_service = subscription::Model {
        plan_id: service.plan_id,
        monthly_cents: price(&locked.changes)?.unwrap_or(before.monthly_cents),
        updated_at: work.now(),
        ..before.clone()
    };
    // A sandbox subscription keeps the simulator.
    let after = subscription::Model {
        provisioner: if before.sandbox { plan::Provisioner::Simulator } else { service.provisioner },
        vendor_provisioner_id: service.vendor_provisioner_id.filter(|_| !before.sandbox),
        ..by_service
    };
    let transaction = work.transaction().await?;
    after.clone().into_active_model().reset_all().update(&transaction).await?;
    let terms = Terms::of(&transaction, after.organization_id).await?;
    let told = (&payload(before, &terms, work.now())?, &payload(&after, &terms, work.now())?);
    let object = (RESOURCE, after.id.0);
    work.record([events::change(&work.actor, "subscription.updated", object, told, work.now())?]);
    Ok(())
}

/// The billed monthly price, in cents.
fn price(changes: &[Model]) -> Result<Option<i64>> {
    let history = billed(changes.to_vec(), Planned::Wait)?;
    let prices = history.changes().iter().rev().find_map(|change| match &change.kind {
        Kind::Activated(activation) => Some(activation.plan.price),
        Kind::Changed { plan, .. } => Some(plan.price),
        _ => None,
    });
    let cents = |price| to_cents(price).ok_or_else(|| Error::internal("a price with less than cents"));
    prices.map(cents).transpose()
}
