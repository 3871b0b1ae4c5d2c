//! Subscriptions, and what is planned for them.

use chrono::{DateTime, Utc};
use entities::{
    customer::Metadata,
    ids::{CustomerId, PlanId, SubscriptionId},
    subscription::SubscriptionStatus,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A subscription, as events tell it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Subscription {
    /// [`Self::VERSION`] of the day on which it was recorded.
    pub version: u16,
    /// Which one.
    pub id: SubscriptionId,
    /// Whose it is.
    pub customer_id: CustomerId,
    /// Which plan.
    pub plan: SubscribedPlan,
    /// Where it stands.
    pub status: SubscriptionStatus,
    /// Dollars for a month, before promotions and tax.
    pub monthly_price: f64,
    /// When its installation is requested, or, installed already, when it begins; none: when somebody asks.
    pub starts_at: Option<DateTime<Utc>>,
    /// When it began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// The first instant of the month that it is in, by the clocks of the organization.
    pub period_start: DateTime<Utc>,
    /// That of the next month.
    pub period_end: DateTime<Utc>,
    /// When it is to be resumed, while it is suspended.
    pub resume_at: Option<DateTime<Utc>>,
    /// Why it was last suspended or resumed.
    pub reason: Option<String>,
    /// The owner's own notes.
    pub metadata: Option<Metadata>,
    /// When it was ordered.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl Subscription {
    /// That of what is recorded now.
    pub const VERSION: u16 = 1;
}

/// The plan of a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscribedPlan {
    /// Which one.
    pub id: PlanId,
    /// What people and files call it.
    pub code: String,
}

/// Something that is planned for a subscription, or not any more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedChange {
    /// [`Self::VERSION`] of the day on which it was recorded.
    pub version: u16,
    /// When it takes effect.
    pub effective_at: DateTime<Utc>,
    /// The plan that it brings, if it brings one.
    pub plan_id: Option<PlanId>,
    /// What it is, as it is kept.
    pub change: Value,
}

impl PlannedChange {
    /// That of what is recorded now.
    pub const VERSION: u16 = 1;
}
