//! Changes the plan, immediately or at a date.

use super::{
    Changed, change, locked::LockedSubscription, network::Network, scheduled::lock_and_apply_due,
    validate_date,
};
use crate::{
    charges::{Change, Kind, Preview},
    coverage,
    plans::{self, Plans},
};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use entities::{
    customer,
    ids::{PlanId, SubscriptionId},
    plan,
};
use kernel::{UnitOfWork, organizations};
use platform::error::{Error, Fault, Field, Result};
use std::cmp::Ordering;

/// A change of the plan.
#[derive(Debug, Clone, Copy)]
pub struct PlanChange {
    /// The new plan.
    pub plan: PlanId,
    /// When it takes effect; immediately if `None`.
    pub effective: Option<DateTime<Utc>>,
    /// Whether its price applies from then on, or from the next month.
    pub prorate: bool,
}

/// A time in the past up to this much means now: clocks differ.
const SKEW: TimeDelta = TimeDelta::minutes(1);

/// Changes a subscription to a higher plan; replaces a planned change. `Invalid` if the plan is not higher, is not offered at the customer's address, the
/// subscription's status does not allow a change, or the date is before its start, in the past or absurd; `NotFound` for
/// an unknown plan; `Conflict` if the customer has another open subscription of the plan, or this one is to be
/// disconnected.
pub async fn upgrade(
    work: &UnitOfWork,
    network: &dyn Network,
    id: SubscriptionId,
    new: PlanChange,
) -> Result<Changed> {
    change_plan(work, network, id, new, Ordering::Greater).await
}

/// Changes a subscription to a lower plan. Errors are those of [`upgrade`].
pub async fn downgrade(
    work: &UnitOfWork,
    network: &dyn Network,
    id: SubscriptionId,
    new: PlanChange,
) -> Result<Changed> {
    change_plan(work, network, id, new, Ordering::Less).await
}

async fn change_plan(
    work: &UnitOfWork,
    network: &dyn Network,
    id: SubscriptionId,
    new: PlanChange,
    way: Ordering,
) -> Result<Changed> {
    let mut locked = lock_and_apply_due(work, network, id, work.now()).await?;
    let at = effective(&locked, new.effective, work)?;
    let (transaction, organization) = (work.transaction().await?, locked.row.organization_id);
    let plans = Plans::of(&transaction, organization).await?;
    let plan = plans.current(new.plan)?;
    let done = Change { at, kind: Kind::Changed { plan: plans::charged(plan), prorate: new.prorate } };
    let (before, now) = (locked.row.clone(), locked.now(work));
    let expected = (locked.expected()?, locked.expected_with(done.clone(), at <= now)?);
    let zone = organizations::zone(&transaction, organization).await?;
    let preview = Preview::between(&expected.0, expected.1, at, &zone);
    is_that_way(plan, plans.current(before.plan_id)?, way)?;
    network.check_plan_change(work, &before).await?;
    let customer = customer::Entity::one_of(organization, before.customer_id).one(&transaction).await?;
    let address = customer.ok_or(Error::NotFound("Customer"))?.service_address;
    coverage::check_offer(&transaction, organization, &address, plan, Field::NewPlan).await?;
    if change::has_plan(work, &before, plan.id).await? {
        return Err(change::plan_conflict(Field::NewPlan));
    }
    locked.drop_planned(work, |change| change.plan_id.is_some()).await?;
    let kept = locked.insert_change(work, done, Some(plan.id), at <= now).await?;
    if at <= now {
        locked.row = change::apply(work, network, &before, before.clone(), &kept).await?;
    }
    let prorated = Some(preview.difference());
    Ok(Changed { before, after: locked.row, plan_id: plan.id, at, prorated })
}

/// The validated effective time.
fn effective(
    locked: &LockedSubscription,
    wanted: Option<DateTime<Utc>>,
    work: &UnitOfWork,
) -> Result<DateTime<Utc>> {
    let (field, now) = (Field::EffectiveDate, locked.now(work));
    let Some(wanted) = wanted else { return Ok(now) };
    validate_date(field, wanted, now)?;
    let refused = |text: &str| Err(Error::invalid(Fault::field(field, text)));
    if locked.row.started_at.is_some_and(|start| wanted < start) {
        return refused("must not be before the start of the subscription");
    }
    if wanted < now - SKEW {
        return refused("must not be in the past");
    }
    Ok(wanted.trunc_subsecs(0).max(now))
}

/// `Invalid` unless the new plan is higher, or lower.
fn is_that_way(new: &plan::Model, old: &plan::Model, way: Ordering) -> Result<()> {
    if new.rank.cmp(&old.rank) == way {
        return Ok(());
    }
    let word = if way == Ordering::Greater { "higher" } else { "lower" };
    Err(Error::invalid(Fault::field(Field::NewPlan, format!("must be {word} than {}", old.name))))
}
