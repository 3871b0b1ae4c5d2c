//! Another plan, at once or from a date on.

use super::{Changed, change, due::settled, held::LockedSubscription, near};
use crate::{
    UnitOfWork,
    domain::{
        charges::{Change, Kind, preview},
        organizations, plans,
    },
    error::{Error, Fault, Field, Result},
};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use entities::{
    ids::SubscriptionId,
    plan::{self, Tier},
    subscription_change,
};
use std::cmp::Ordering;

/// The plan that a subscription is to have.
#[derive(Debug, Clone, Copy)]
pub struct NewTier {
    /// Which one.
    pub tier: Tier,
    /// From when on; at once where it is not said.
    pub effective: Option<DateTime<Utc>>,
    /// Whether its price counts from then on, or from the next month on.
    pub prorate: bool,
}

/// As far as a time may be past and still mean now: clocks differ.
const SKEW: TimeDelta = TimeDelta::minutes(1);

/// Gives a subscription a higher plan. It takes the place of a change of the plan that was planned. `Invalid` when
/// the plan is not higher, when the subscription does not allow a change, and for a date before its beginning, in
/// the past, or absurd; `Conflict` when the customer has another open subscription of the tier.
pub async fn upgrade(work: &UnitOfWork, id: SubscriptionId, new: NewTier) -> Result<Changed> {
    change_tier(work, id, new, Ordering::Greater).await
}

/// The same with a lower plan.
pub async fn downgrade(work: &UnitOfWork, id: SubscriptionId, new: NewTier) -> Result<Changed> {
    change_tier(work, id, new, Ordering::Less).await
}

async fn change_tier(work: &UnitOfWork, id: SubscriptionId, new: NewTier, way: Ordering) -> Result<Changed> {
    let mut held = settled(work, id, work.now()).await?;
    let at = effective(&held, new.effective, work)?;
    let transaction = work.transaction().await?;
    let plans = plans::offered(&transaction, held.row.organization_id).await?;
    let zone = organizations::zone(&transaction, held.row.organization_id).await?;
    let plan = named(&plans, new.tier)?;
    let done = Change { at, kind: Kind::Changed { plan: plans::charged(plan), prorate: new.prorate } };
    let replaced = |change: &subscription_change::Model| change.applied_at.is_none() && change.tier.is_some();
    let history = held.billed(replaced)?;
    let preview = preview(&history, done.clone(), &zone).map_err(|refused| refused.of(Field::Status))?;
    is_that_way(plan, named(&plans, held.row.tier)?, way)?;
    if change::is_taken(work, &held.row, new.tier).await? {
        return Err(change::taken(Field::NewPlan));
    }
    held.take_back(work, |change| change.tier.is_some()).await?;
    let (before, now) = (held.row.clone(), held.now(work));
    let kept = held.keep(work, done, Some(new.tier), at <= now).await?;
    if at <= now {
        held.row = change::take_effect(work, &before, before.clone(), &kept).await?;
    }
    let prorated = Some(preview.difference());
    Ok(Changed { before, after: held.row, tier: new.tier, at, prorated })
}

fn named(plans: &[plan::Model], tier: Tier) -> Result<&plan::Model> {
    plans.iter().find(|plan| plan.tier == tier).ok_or(Error::NotFound("Plan"))
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
