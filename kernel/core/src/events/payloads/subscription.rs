//! Subscriptions and their planned changes.

use chrono::{DateTime, Utc};
use entities::{
    customer::Metadata,
    ids::{CustomerId, PlanId, SubscriptionId},
    subscription::SubscriptionStatus,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A subscription.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Subscription {
    /// [`Self::VERSION`] when it was recorded.
    pub version: u16,
    /// The subscription.
    pub id: SubscriptionId,
    /// The customer.
    pub customer_id: CustomerId,
    /// The plan.
    pub plan: SubscribedPlan,
    /// The status.
    pub status: SubscriptionStatus,
    /// The monthly price in dollars, before promotions and tax.
    pub monthly_price: f64,
    /// When its installation is requested, or, if already installed, when it starts; `None`: on request.
    pub starts_at: Option<DateTime<Utc>>,
    /// When it started.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// The start of the current month, in the organization's time zone.
    pub period_start: DateTime<Utc>,
    /// The start of the next month.
    pub period_end: DateTime<Utc>,
    /// When it is resumed automatically, while suspended.
    pub resume_at: Option<DateTime<Utc>>,
    /// The reason of the last suspension or resumption.
    pub reason: Option<String>,
    /// Custom key-value metadata.
    pub metadata: Option<Metadata>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl Subscription {
    /// The version of payloads recorded now.
    pub const VERSION: u16 = 1;
}

/// The plan of a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscribedPlan {
    /// The plan.
    pub id: PlanId,
    /// Its code in commands and files.
    pub code: String,
}

/// A change of a subscription that is planned, dropped or has failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedChange {
    /// [`Self::VERSION`] when it was recorded.
    pub version: u16,
    /// When it takes effect.
    pub effective_at: DateTime<Utc>,
    /// The new plan, if it changes the plan.
    pub plan_id: Option<PlanId>,
    /// The change, as stored.
    pub change: Value,
}

impl PlannedChange {
    /// The version of payloads recorded now.
    pub const VERSION: u16 = 1;
}
