//! What is done to subscriptions, and what came of it.

use super::{ServiceTier, SubscriptionStatus};
use crate::{
    schema::wire,
    types::{Defaulted, Maybe, Moment, Money, Success, Text, Time, UnlessNot},
};
use kernel::domain::subscriptions::{Changed, NewTier, Pause};
use poem_openapi::Object;

/// The plan that a subscription is to have.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct SubscriptionUpgrade {
    /// The new service tier to upgrade/downgrade to
    pub new_tier: ServiceTier,
    /// When the change takes effect (defaults to immediately). Not in the past, not before the start of the
    /// subscription, and at most ten years away. It takes the place of a change that was planned.
    pub effective_date: Maybe<Moment>,
    /// Whether to prorate charges for the current period
    pub prorate_charges: Defaulted<UnlessNot>,
}

wire!(SubscriptionUpgrade);

impl From<SubscriptionUpgrade> for NewTier {
    fn from(wanted: SubscriptionUpgrade) -> Self {
        Self {
            tier: wanted.new_tier.into(),
            effective: wanted.effective_date.into(),
            prorate: wanted.prorate_charges.0.0,
        }
    }
}

/// Why a subscription is suspended or resumed, and until when.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct SubscriptionAction {
    /// Why.
    pub reason: Maybe<Text>,
    /// For suspend action: when to automatically resume; in the future, and at most ten years away. To resume, it
    /// means nothing.
    pub scheduled_resume_date: Maybe<Moment>,
}

wire!(SubscriptionAction);

impl From<SubscriptionAction> for Pause {
    fn from(action: SubscriptionAction) -> Self {
        Self { reason: action.reason.into(), resume_at: action.scheduled_resume_date.into() }
    }
}

/// What was done to a subscription.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", skip_serializing_if_is_none)]
pub struct SubscriptionChange {
    /// To which one.
    pub subscription_id: String,
    /// The plan that it had.
    pub previous_tier: ServiceTier,
    /// The plan that it has from `effectiveDate` on.
    pub new_tier: ServiceTier,
    /// Where it stood.
    pub previous_status: SubscriptionStatus,
    /// Where it stands now.
    pub new_status: SubscriptionStatus,
    /// When the change takes effect.
    pub effective_date: Time,
    /// Prorated charge or credit amount: what the change adds to the invoice of its month, before tax. Only of
    /// upgrades and downgrades.
    pub prorated_amount: Maybe<Money>,
}

impl From<Changed> for SubscriptionChange {
    fn from(changed: Changed) -> Self {
        Self {
            subscription_id: changed.after.id.to_string(),
            previous_tier: changed.before.tier.into(),
            new_tier: changed.tier.into(),
            previous_status: changed.before.status.into(),
            new_status: changed.after.status.into(),
            effective_date: Time(changed.at),
            prorated_amount: Maybe(changed.prorated.map(Money)),
        }
    }
}

/// A change of a subscription.
#[derive(Debug, Object)]
pub struct SubscriptionChangeResponse {
    /// Always true.
    pub success: Success<true>,
    /// What was done.
    pub data: SubscriptionChange,
}
