//! Changes of the plan whose provisioning has failed: the subscription has the plan that is in force again. They are
//! kept, so that they can be asked for again, and invoices tell why they are not billed.

use super::{
    LockedSubscription, RESOURCE, Terms, change,
    held::tell,
    history::{Planned, billed},
    lock,
    network::Network,
    payload,
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

/// Gives a subscription back the plan that the network does, after it could not be given the one that was ordered, and
/// records `subscription.change_failed` and `subscription.updated`. What was ordered after the plan that was `tried`
/// stays: true if there is such a change. Where nothing was tried, all has failed. Nothing is done to a subscription
/// that is over or not installed.
pub async fn fail_change(work: &UnitOfWork, id: SubscriptionId, tried: Option<PlanId>) -> Result<bool> {
    let row = lock(work, id).await?;
    let transaction = work.transaction().await?;
    let installed = network_service::Entity::installed(id).one(&transaction).await?;
    let Some(service) = installed.filter(|_| row.status != SubscriptionStatus::Cancelled) else {
        return Ok(false);
    };
    let mut held = LockedSubscription::of(work, row).await?;
    let is_open = |change: &&Model| is_unbilled(change) && change.failed_at.is_none();
    let open: Vec<_> = held.changes.iter().filter(is_open).cloned().collect();
    let count = match tried {
        None => open.len(),
        Some(_) => open.iter().rposition(|change| change.plan_id == tried).map_or(0, |place| place + 1),
    };
    for change in &open[..count] {
        tell(work, change, "subscription.change_failed")?;
        held.put(work, Model { failed_at: Some(work.now()), ..change.clone() }).await?;
    }
    if count < open.len() {
        return Ok(held.row.plan_id != service.plan_id);
    }
    // Somebody may have it by now.
    if held.row.plan_id != service.plan_id && !change::is_taken(work, &held.row, service.plan_id).await? {
        give_back(work, &held, &service).await?;
    }
    Ok(false)
}

/// Has the change that failed last take effect again, of a subscription that is locked, since its provisioning is
/// asked for again. Nothing where the subscription was given another plan since, or the change goes the other way.
/// `Conflict` when the customer has another open subscription of the plan.
pub async fn retry_change(
    work: &UnitOfWork,
    network: &dyn Network,
    id: SubscriptionId,
    way: Ordering,
) -> Result<()> {
    let mut held = LockedSubscription::of(work, lock(work, id).await?).await?;
    let last = held.changes.iter().rfind(|change| change.plan_id.is_some() && change.applied_at.is_some());
    let Some(change) = last.filter(|change| change.failed_at.is_some()).cloned() else { return Ok(()) };
    let Some(plan) = change.plan_id else { return Ok(()) };
    let plans = Plans::of(&work.transaction().await?, held.row.organization_id).await?;
    if plans.compare(held.row.plan_id, plan)? != way {
        return Ok(());
    }
    if change::is_taken(work, &held.row, plan).await? {
        return Err(change::taken(Field::Subscription));
    }
    let change = Model { failed_at: None, ..change };
    held.put(work, change.clone()).await?;
    change::take_effect(work, network, &held.row, held.row.clone(), &change).await.map(drop)
}

fn is_unbilled(change: &Model) -> bool {
    change.plan_id.is_some() && change.applied_at.is_some() && change.billed_at.is_none()
}

/// The row with the plan that is installed, at the price that is billed for it.
async fn give_back(
    work: &UnitOfWork,
    held: &LockedSubscription,
    service: &network_service::Model,
) -> Result<()> {
    let before = &held.row;
    let by_service = subscription::Model {
        plan_id: service.plan_id,
        monthly_cents: price(&held.changes)?.unwrap_or(before.monthly_cents),
        updated_at: work.now(),
        ..before.clone()
    };
    // What plays stays with the simulator.
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

/// What a month is billed at, in cents.
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
