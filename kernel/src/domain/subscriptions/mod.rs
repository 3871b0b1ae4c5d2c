//! Subscriptions: begun, changed and ended. What is charged follows from the changes alone ([`super::charges`]);
//! the row says how they leave it now.

mod change;
mod history;

pub use history::{histories, history};

use super::{
    charges::{self, Activation, Change, Kind, Promotion},
    plans,
};
use crate::{
    Work,
    error::{Error, Result},
};
use change::change;
use chrono::{DateTime, SubsecRound, Utc};
use entities::{
    ids::{OrganizationId, SubscriptionId},
    subscription::{self, SubscriptionStatus},
    subscription_change,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

/// What events call a subscription.
const RESOURCE: &str = "subscription";

/// The subscription of the actor's organization, which nobody else changes until the transaction ends.
pub async fn lock(work: &Work, id: SubscriptionId) -> Result<subscription::Model> {
    let found = subscription::Entity::one_of(work.actor.organization, id).lock_exclusive();
    found.one(&*work.transaction().await?).await?.ok_or(MISSING)
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

/// Begins a pending subscription, and records `subscription.activated`. One that has begun stays as it is.
/// `Invalid` when it is over, or when its promotion cannot be used at that time.
pub async fn activate(work: &Work, id: SubscriptionId, at: DateTime<Utc>) -> Result<subscription::Model> {
    let (at, before) = (at.trunc_subsecs(0), lock(work, id).await?);
    if before.started_at.is_some() && before.status != SubscriptionStatus::Cancelled {
        return Ok(before);
    }
    let plan = plans::of_tier(&*work.transaction().await?, before.organization_id, before.tier).await?;
    let promotion = before.promotion.clone().map(serde_json::from_value::<Promotion>).transpose()?;
    let activation = Activation {
        // At the price that it was ordered at, should the plan have changed meanwhile.
        plan: charges::Plan { price: charges::from_cents(before.monthly_cents), ..plans::charged(&plan) },
        fee: charges::from_cents(before.activation_cents),
        promotion,
    };
    let after = subscription::Model {
        status: SubscriptionStatus::Active,
        started_at: Some(at),
        updated_at: work.now(),
        ..before.clone()
    };
    let done = Change { at, kind: Kind::Activated(activation) };
    change(work, (&before, after), done, "subscription.activated").await
}

/// Ends a subscription for good, and records `subscription.cancelled`; what was planned for it is dropped. One that
/// is over stays as it is.
pub async fn end(work: &Work, id: SubscriptionId, at: DateTime<Utc>) -> Result<subscription::Model> {
    let (at, before) = (at.trunc_subsecs(0), lock(work, id).await?);
    if before.status == SubscriptionStatus::Cancelled {
        return Ok(before);
    }
    subscription_change::Entity::delete_many()
        .filter(subscription_change::Column::SubscriptionId.eq(id))
        .filter(subscription_change::Column::AppliedAt.is_null())
        .exec(&*work.transaction().await?)
        .await?;
    let after = subscription::Model {
        status: SubscriptionStatus::Cancelled,
        ended_at: Some(at),
        resume_at: None,
        updated_at: work.now(),
        ..before.clone()
    };
    change(work, (&before, after), Change { at, kind: Kind::Ended }, "subscription.cancelled").await
}
