//! Suspending, and resuming by hand or at a date.

use super::{Changed, change, due::settled, held::LockedSubscription, near, network::Network};
use crate::charges::{Change, Kind};
use chrono::{DateTime, SubsecRound, Utc};
use entities::{ids::SubscriptionId, subscription, subscription_change};
use kernel::UnitOfWork;
use platform::error::{Error, Fault, Field, Result};

/// How a subscription is suspended or resumed.
#[derive(Debug, Clone, Default)]
pub struct Pause {
    /// Why.
    pub reason: Option<String>,
    /// When a suspended one is to be resumed by itself; of no meaning where it is resumed.
    pub resume_at: Option<DateTime<Utc>>,
}

/// Suspends a subscription that is active, and plans its resumption if that has a date. `Invalid` for a subscription
/// that is not active, and for a date that is not in the future.
pub async fn suspend(
    work: &UnitOfWork,
    network: &dyn Network,
    id: SubscriptionId,
    pause: Pause,
) -> Result<Changed> {
    let mut held = settled(work, network, id, work.now()).await?;
    let at = held.now(work);
    let resume_at = pause.resume_at.map(|date| later(date, at)).transpose()?;
    let base = subscription::Model { reason: pause.reason, resume_at, ..held.row.clone() };
    let changed = now(work, network, &mut held, base, Change { at, kind: Kind::Suspended }).await?;
    if let Some(at) = resume_at {
        held.keep(work, Change { at, kind: Kind::Resumed }, None, false).await?;
    }
    Ok(changed)
}

/// Resumes a subscription that is suspended, whatever was planned. `Invalid` for one that is not.
pub async fn resume(
    work: &UnitOfWork,
    network: &dyn Network,
    id: SubscriptionId,
    pause: Pause,
) -> Result<Changed> {
    let mut held = settled(work, network, id, work.now()).await?;
    held.take_back(work, is_resumption).await?;
    let at = held.now(work);
    let base = subscription::Model { reason: pause.reason, ..held.row.clone() };
    now(work, network, &mut held, base, Change { at, kind: Kind::Resumed }).await
}

fn is_resumption(change: &subscription_change::Model) -> bool {
    change.plan_id.is_none()
}

/// Makes a change that takes effect at once.
async fn now(
    work: &UnitOfWork,
    network: &dyn Network,
    held: &mut LockedSubscription,
    base: subscription::Model,
    done: Change,
) -> Result<Changed> {
    let at = done.at;
    let change = held.keep(work, done, None, true).await?;
    let after = change::take_effect(work, network, &held.row, base, &change).await?;
    let before = std::mem::replace(&mut held.row, after.clone());
    Ok(Changed::of(before, after, at))
}

fn later(date: DateTime<Utc>, now: DateTime<Utc>) -> Result<DateTime<Utc>> {
    let field = Field::ResumeDate;
    near(field, date, now)?;
    let date = date.trunc_subsecs(0);
    if date > now { Ok(date) } else { Err(Error::invalid(Fault::field(field, "must be in the future"))) }
}
