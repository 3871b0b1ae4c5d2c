//! What is done to subscriptions, and what came of it.

use super::{ServiceTier, SubscriptionStatus, tier_of};
use crate::schema::envelope::envelope;
use edge::{
    schema::wire,
    types::{DefaultTrue, Moment, Money, Optional, Text, Time, WithDefault},
};
use entities::ids::PlanId;
use isp::{
    plans::Plans,
    subscriptions::{Changed, PlanChange, SuspendRequest},
};
use platform::Error;
use poem_openapi::Object;

/// A change of service tier.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct SubscriptionUpgrade {
    /// The new service tier to upgrade/downgrade to
    pub new_tier: ServiceTier,
    /// When the change takes effect (defaults to immediately). Not in the past, not before the start of the
    /// subscription, and at most ten years ahead. Replaces a change already scheduled.
    pub effective_date: Optional<Moment>,
    /// Whether to prorate charges for the current period
    pub prorate_charges: WithDefault<DefaultTrue>,
}

wire!(SubscriptionUpgrade);

impl SubscriptionUpgrade {
    /// The change to the plan of its tier.
    pub fn of(self, plan: PlanId) -> PlanChange {
        PlanChange { plan, effective: self.effective_date.into(), prorate: self.prorate_charges.0.0 }
    }
}

/// Why to suspend or resume a subscription, and until when.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct SubscriptionAction {
    /// Reason.
    pub reason: Optional<Text>,
    /// For suspend action: when to automatically resume; in the future, at most ten years ahead. Ignored by resume.
    pub scheduled_resume_date: Optional<Moment>,
}

wire!(SubscriptionAction);

impl From<SubscriptionAction> for SuspendRequest {
    fn from(action: SubscriptionAction) -> Self {
        Self { reason: action.reason.into(), resume_at: action.scheduled_resume_date.into() }
    }
}

/// A change to a subscription.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", skip_serializing_if_is_none)]
pub struct SubscriptionChange {
    /// Subscription ID.
    pub subscription_id: String,
    /// Service tier before the change.
    pub previous_tier: ServiceTier,
    /// Service tier from `effectiveDate`.
    pub new_tier: ServiceTier,
    /// Status before the change.
    pub previous_status: SubscriptionStatus,
    /// Status after the change.
    pub new_status: SubscriptionStatus,
    /// When the change takes effect.
    pub effective_date: Time,
    /// Prorated charge or credit amount on the invoice of that month, before tax. Upgrades and downgrades only.
    pub prorated_amount: Optional<Money>,
}

impl SubscriptionChange {
    /// The change, with the tiers of these plans.
    pub fn of(changed: &Changed, plans: &Plans) -> Result<Self, Error> {
        Ok(Self {
            subscription_id: changed.after.id.to_string(),
            previous_tier: tier_of(plans.code(changed.before.plan_id)?)?,
            new_tier: tier_of(plans.code(changed.plan_id)?)?,
            previous_status: changed.before.status.into(),
            new_status: changed.after.status.into(),
            effective_date: Time(changed.at),
            prorated_amount: Optional(changed.prorated.map(Money)),
        })
    }
}

envelope!(
    /// A change to a subscription.
    SubscriptionChangeResponse,
    /// The change.
    SubscriptionChange
);
