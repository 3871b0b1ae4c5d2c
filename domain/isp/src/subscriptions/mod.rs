//! Subscriptions. Charges are computed from the changes alone ([`crate::charges`]); the row is the current state.
//!
//! A future change is stored immediately, as not applied, and a job applies it at its time ([`run_due`]). Operations apply
//! everything due first, so that the history is in order even if a job is late.

mod begin;
mod change;
mod create;
mod failed;
mod history;
mod locked;
mod network;
mod plan;
mod provisioned;
mod scheduled;
mod suspend;
#[cfg(test)]
mod tests;
mod view;

pub use begin::{Beginning, activate, activate_each, beginning, begins_later};
pub use create::{NewSubscription, create};
pub use failed::{fail_change, retry_change};
pub use history::{Planned, histories, history};
pub use network::Network;
pub use plan::{PlanChange, downgrade, upgrade};
pub use provisioned::bill_provisioned;
pub use scheduled::run_due;
pub use suspend::{SuspendRequest, resume, suspend};
pub use view::{Filter, SubscriptionView, Terms, get, list, payload};

use crate::charges::{Change, Kind};
use begin::begin;
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use entities::{
    ids::{OrganizationId, PlanId, SubscriptionId},
    subscription::{self, SubscriptionStatus},
};
use kernel::{UnitOfWork, events::Actor};
use locked::LockedSubscription;
use platform::error::{Error, Fault, Field, Result};
use rust_decimal::Decimal;
use sea_orm::{ConnectionTrait, QuerySelect};

/// The resource name in events.
const RESOURCE: &str = "subscription";

/// Maximum distance of dates from now: anything further is a typo.
const FARTHEST: TimeDelta = TimeDelta::days(3_653);

/// The result of a change.
#[derive(Debug, Clone)]
pub struct Changed {
    /// The subscription before.
    pub before: subscription::Model,
    /// The subscription now; a planned change is not visible yet.
    pub after: subscription::Model,
    /// The plan from `at`.
    pub plan_id: PlanId,
    /// When the change takes effect.
    pub at: DateTime<Utc>,
    /// The amount added to the month's charge, in dollars before tax; only for changes of the plan.
    pub prorated: Option<Decimal>,
}

/// Locks the subscription of the actor's organization until the end of the transaction. `Forbidden` if the actor may not
/// change it: see [`check_sandbox`].
pub async fn lock(work: &UnitOfWork, id: SubscriptionId) -> Result<subscription::Model> {
    let found = subscription::Entity::one_of(work.actor.organization, id).lock_exclusive();
    let row = found.one(&work.transaction().await?).await?.ok_or(MISSING)?;
    check_sandbox(&work.actor, &row)?;
    Ok(row)
}

/// `Forbidden` for a sandbox credential and a live subscription, which is in the real network.
pub fn check_sandbox(actor: &Actor, row: &subscription::Model) -> Result<()> {
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

/// Cancels a subscription permanently, drops its planned changes, and records `subscription.cancelled`. Without effect if
/// it is cancelled already.
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
    let mut locked =
        scheduled::apply_due(work, network, LockedSubscription::of(work, row).await?, at).await?;
    locked.drop_planned(work, |_| true).await?;
    let at = locked.not_before_last(at);
    let after = subscription::Model {
        status: SubscriptionStatus::Cancelled,
        ended_at: Some(at),
        resume_at: None,
        updated_at: work.now(),
        ..locked.row.clone()
    };
    locked.insert_change(work, Change { at, kind: Kind::Ended }, None, true).await?;
    change::write(work, &locked.row, after, "subscription.cancelled").await
}

/// `Invalid` for a date further away than [`FARTHEST`].
fn validate_date(field: Field, at: DateTime<Utc>, now: DateTime<Utc>) -> Result<()> {
    if (at - now).abs() <= FARTHEST {
        return Ok(());
    }
    Err(Error::invalid(Fault::field(field, "must be at most ten years away")))
}
