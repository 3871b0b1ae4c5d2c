//! Another plan, at once or from a date on.

use super::{Changed, change, due::settled, held::LockedSubscription, near, network::Network};
use crate::{
    charges::{Change, Kind, Preview},
    plans::{self, Plans},
};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use entities::{
    ids::{PlanId, SubscriptionId},
    plan,
};
use kernel::{UnitOfWork, organizations};
use platform::error::{Error, Fault, Field, Result};
use std::cmp::Ordering;

/// The plan that a subscription is to have.
#[derive(Debug, Clone, Copy)]
pub struct PlanChange {
    /// Which one.
    pub plan: PlanId,
    /// From when on; at once where it is not said.
    pub effective: Option<DateTime<Utc>>,
    /// Whether its price counts from then on, or from the next month on.
    pub prorate: bool,
}

/// As far as a time may be past and still mean now: clocks differ.
const SKEW: TimeDelta = TimeDelta::minutes(1);

/// Gives a subscription a higher plan. It takes the place of a change of the plan that was planned. `Invalid` when
/// the plan is not higher, when the subscription does not allow a change, and for a date before its beginning, in
/// the past, or absurd; `NotFound` where there is no such plan; `Conflict` when the customer has another open
/// subscription of the plan.
pub async fn upgrade(
    work: &UnitOfWork,
    network: &dyn Network,
    id: SubscriptionId,
    new: PlanChange,
) -> Result<Changed> {
    change_plan(work, network, id, new, Ordering::Greater).await
}

/// The same with a lower plan.
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
    let mut held = settled(work, network, id, work.now()).await?;
    let at = effective(&held, new.effective, work)?;
    let (transaction, organization) = (work.transaction().await?, held.row.organization_id);
    let plans = Plans::of(&transaction, organization).await?;
    let plan = plans.current(new.plan)?;
    let done = Change { at, kind: Kind::Changed { plan: plans::charged(plan), prorate: new.prorate } };
    let (before, now) = (held.row.clone(), held.now(work));
    let expected = (held.expected()?, held.expected_with(done.clone(), at <= now)?);
    let zone = organizations::zone(&transaction, organization).await?;
    let preview = Preview::between(&expected.0, expected.1, at, &zone);
    is_that_way(plan, plans.current(before.plan_id)?, way)?;
    if change::is_taken(work, &before, plan.id).await? {
        return Err(change::taken(Field::NewPlan));
    }
    held.take_back(work, |change| change.plan_id.is_some()).await?;
    let kept = held.keep(work, done, Some(plan.id), at <= now).await?;
    if at <= now {
        held.row = change::take_effect(work, network, &before, before.clone(), &kept).await?;
    }
    let prorated = Some(preview.difference());
    Ok(Changed { before, after: held.row, plan_id: plan.id, at, prorated })
}

/// When the change takes effect, if it can then.
fn effective(
    held: &LockedSubscription,
    wanted: Option<DateTime<Utc>>,
    work: &UnitOfWork,
) -> Result<DateTime<Utc>> {
    let (field, now) = (Field::EffectiveDate, held.now(work));
    let Some(wanted) = wanted else { return Ok(now) };
    near(field, wanted, now)?;
    let refused = |text: &str| Err(Error::invalid(Fault::field(field, text)));
    if held.row.started_at.is_some_and(|start| wanted < start) {
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
