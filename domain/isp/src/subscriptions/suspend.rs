//! Suspends and resumes subscriptions, manually or at a date.

use super::{
    Changed, change, locked::LockedSubscription, network::Network, scheduled::lock_and_apply_due,
    validate_date,
};
use crate::charges::{Change, Kind};
use chrono::{DateTime, SubsecRound, Utc};
use entities::{ids::SubscriptionId, subscription, subscription_change};
use kernel::UnitOfWork;
use platform::error::{Error, Fault, Field, Result};

/// A suspension or resumption.
#[derive(Debug, Clone, Default)]
pub struct SuspendRequest {
    /// The reason.
    pub reason: Option<String>,
    /// When to resume it automatically; ignored for a resumption.
    pub resume_at: Option<DateTime<Utc>>,
}

/// Suspends an active subscription, and plans its resumption if there is a date. `Invalid` if it is not active, or the
/// date is not in the future.
pub async fn suspend(
    work: &UnitOfWork,
    network: &dyn Network,
    id: SubscriptionId,
    pause: SuspendRequest,
) -> Result<Changed> {
    let mut locked = lock_and_apply_due(work, network, id, work.now()).await?;
    let at = locked.now(work);
    let resume_at = pause.resume_at.map(|date| later(date, at)).transpose()?;
    let base = subscription::Model { reason: pause.reason, resume_at, ..locked.row.clone() };
    let changed = now(work, network, &mut locked, base, Change { at, kind: Kind::Suspended }).await?;
    if let Some(at) = resume_at {
        locked.insert_change(work, Change { at, kind: Kind::Resumed }, None, false).await?;
    }
    Ok(changed)
}

/// Resumes a suspended subscription, and drops a planned resumption. `Invalid` if it is not suspended.
pub async fn resume(
    work: &UnitOfWork,
    network: &dyn Network,
    id: SubscriptionId,
    pause: SuspendRequest,
) -> Result<Changed> {
    let mut locked = lock_and_apply_due(work, network, id, work.now()).await?;
    locked.drop_planned(work, is_resumption).await?;
    let at = locked.now(work);
    let base = subscription::Model { reason: pause.reason, ..locked.row.clone() };
    now(work, network, &mut locked, base, Change { at, kind: Kind::Resumed }).await
}

fn is_resumption(change: &subscription_change::Model) -> bool {
    change.plan_id.is_none()
}

/// Applies a change immediately.
async fn now(
    work: &UnitOfWork,
    network: &dyn Network,
    locked: &mut LockedSubscription,
    base: subscription::Model,
    done: Change,
) -> Result<Changed> {
    let at = done.at;
    let change = locked.insert_change(work, done, None, true).await?;
    let after = change::apply(work, network, &locked.row, base, &change).await?;
    let before = std::mem::replace(&mut locked.row, after.clone());
    Ok(Changed::of(before, after, at))
}

fn later(date: DateTime<Utc>, now: DateTime<Utc>) -> Result<DateTime<Utc>> {
    let field = Field::ResumeDate;
    validate_date(field, date, now)?;
    let date = date.trunc_subsecs(0);
    if date > now { Ok(date) } else { Err(Error::invalid(Fault::field(field, "must be in the future"))) }
}
