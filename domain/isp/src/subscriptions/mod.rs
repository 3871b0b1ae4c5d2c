//! Subscriptions: begun, changed and ended. What is charged follows from the changes alone ([`crate::charges`]);
//! the row says how they leave it now.
//!
//! What is to happen later is kept at once, as a change that is not applied, and a job at its time carries it out
//! ([`carry_out`]). Operations carry out what is due before they do their own, so that the history is made in its
//! order whether the job was in time or not.

mod begin;
mod change;
mod create;
mod due;
mod failed;
mod held;
mod history;
mod network;
mod pause;
mod plan;
mod provisioned;
mod shown;
#[cfg(test)]
mod tests;

pub use begin::{Beginning, activate, activate_each, beginning, begins_later};
pub use create::{NewSubscription, create};
pub use due::carry_out;
pub use failed::{fail_change, retry_change};
pub use history::{Planned, histories, history};
pub use network::Network;
pub use pause::{Pause, resume, suspend};
pub use plan::{PlanChange, downgrade, upgrade};
pub use provisioned::bill_provisioned;
pub use shown::{Filter, SubscriptionView, Terms, get, list, payload};

use crate::charges::{Change, Kind};
use begin::begin;
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use entities::{
    ids::{OrganizationId, PlanId, SubscriptionId},
    subscription::{self, SubscriptionStatus},
};
use held::LockedSubscription;
use kernel::{UnitOfWork, events::Actor};
use platform::error::{Error, Fault, Field, Result};
use rust_decimal::Decimal;
use sea_orm::{ConnectionTrait, QuerySelect};

/// What events call a subscription.
const RESOURCE: &str = "subscription";

/// As far as dates may be away, in either direction: what is further is a slip.
const FARTHEST: TimeDelta = TimeDelta::days(3_653);

/// What became of a subscription.
#[derive(Debug, Clone)]
pub struct Changed {
    /// How it was.
    pub before: subscription::Model,
    /// How it is now; what is planned has left no trace here yet.
    pub after: subscription::Model,
    /// The plan that it has from then on.
    pub plan_id: PlanId,
    /// When the change takes effect.
    pub at: DateTime<Utc>,
    /// What the change adds to the charge of its month, in dollars before tax; only of changes of the plan.
    pub prorated: Option<Decimal>,
}

/// The subscription of the actor's organization, which nobody else changes until the transaction ends. `Forbidden`
/// where the actor may not change it: see [`check_play`].
pub async fn lock(work: &UnitOfWork, id: SubscriptionId) -> Result<subscription::Model> {
    let found = subscription::Entity::one_of(work.actor.organization, id).lock_exclusive();
    let row = found.one(&work.transaction().await?).await?.ok_or(MISSING)?;
    check_play(&work.actor, &row)?;
    Ok(row)
}

/// What a sandbox credential does is the simulator's: what a live one has ordered is in the real network, and
/// `Forbidden` to it.
pub fn check_play(actor: &Actor, row: &subscription::Model) -> Result<()> {
    if actor.sandbox && !row.sandbox {
        return Err(Error::Forbidden("A sandbox key cannot change what a live key has ordered".into()));
    }
    Ok(())
}

/// One subscription of the organization.
pub async fn find(
    db: &impl ConnectionTrait,
    organization: OrganizationId,
    id: SubscriptionId,
) -> Result<subscription::Model> {
    subscription::Entity::one_of(organization, id).one(db).await?.ok_or(MISSING)
}

const MISSING: Error = Error::NotFound("Subscription");

/// Ends a subscription for good, and records `subscription.cancelled`; what was planned for later is dropped. One
/// that is over stays as it is.
pub async fn end(
    work: &UnitOfWork,
    network: &dyn Network,
    id: SubscriptionId,
    at: DateTime<Utc>,
) -> Result<subscription::Model> {
    let at = at.trunc_subsecs(0);
    let row = lock(work, id).await?;
    if row.status == SubscriptionStatus::Cancelled {
        return Ok(row);
    }
    let mut held = due::planned(work, network, LockedSubscription::of(work, row).await?, at).await?;
    held.take_back(work, |_| true).await?;
    let at = held.not_before_the_last(at);
    let after = subscription::Model {
        status: SubscriptionStatus::Cancelled,
        ended_at: Some(at),
        resume_at: None,
        updated_at: work.now(),
        ..held.row.clone()
    };
    held.keep(work, Change { at, kind: Kind::Ended }, None, true).await?;
    change::write(work, &held.row, after, "subscription.cancelled").await
}

/// `Invalid` for a date that is further away than anybody means.
fn near(field: Field, at: DateTime<Utc>, now: DateTime<Utc>) -> Result<()> {
    if (at - now).abs() <= FARTHEST {
        return Ok(());
    }
    Err(Error::invalid(Fault::field(field, "must be at most ten years away")))
}
