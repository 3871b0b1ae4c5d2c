//! Subscriptions on the wire.

mod change;

pub use change::{SubscriptionAction, SubscriptionChangeResponse, SubscriptionUpgrade};

use super::{
    PaginationResponse,
    customer::{Metadata, metadata},
};
use crate::{
    schema::wire,
    types::{Maybe, Moment, Money, Nullable, Success, Text, Time},
};
use entities::{ids::CustomerId, plan, subscription as row};
use kernel::domain::subscriptions::{NewSubscription, Shown};
use poem_openapi::{Enum, Object};
use std::collections::BTreeMap;

/// Service tier/plan
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE", remote = "plan::Tier")]
pub enum ServiceTier {
    /// For homes, 100 Mbit/s.
    #[oai(rename = "RESIDENTIAL_100")]
    Residential100,
    /// For homes, 500 Mbit/s.
    #[oai(rename = "RESIDENTIAL_500")]
    Residential500,
    /// For homes, 1 Gbit/s.
    #[oai(rename = "RESIDENTIAL_1G")]
    Residential1G,
    /// For businesses, 1 Gbit/s.
    #[oai(rename = "BUSINESS_1G")]
    Business1G,
    /// For businesses, 10 Gbit/s.
    #[oai(rename = "BUSINESS_10G")]
    Business10G,
}

/// Current subscription status
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE", remote = "row::SubscriptionStatus")]
pub enum SubscriptionStatus {
    /// Delivered, and charged.
    Active,
    /// Ordered; it has not begun.
    Pending,
    /// Neither delivered nor charged.
    Suspended,
    /// Over, for good.
    Cancelled,
    /// Delivered, and charged, though an invoice has not been paid in time.
    PastDue,
}

/// A subscription to be made.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct CreateSubscription {
    /// Whose it is: a customer of yours.
    #[oai(validator(min_length = 1))]
    pub customer_id: Text,
    /// Which plan. A customer has at most one open subscription of each (409).
    pub service_tier: ServiceTier,
    /// When to install it, at most ten years away; at once if that is past. Without it, you ask for the installation
    /// (`POST /api/v1/provisioning`). It is ACTIVE, and charged, from the completion of its installation on.
    pub start_date: Maybe<Moment>,
    /// Beyond the contract: whether the service is installed already, and works. The subscription is then ACTIVE, and
    /// charged, from `startDate` on (now, without it), and nothing is installed.
    pub already_installed: Maybe<bool>,
    /// The code of a promotion, which can be used when the subscription begins.
    pub promotion_code: Maybe<Text>,
    /// Custom key-value metadata.
    pub metadata: Maybe<Metadata>,
}

wire!(CreateSubscription);

impl CreateSubscription {
    /// The subscription, of the customer that its id names.
    pub fn of(self, customer: CustomerId) -> NewSubscription {
        NewSubscription {
            customer,
            tier: self.service_tier.into(),
            start_date: self.start_date.into(),
            already_installed: self.already_installed.0.unwrap_or_default(),
            promotion_code: self.promotion_code.into(),
            metadata: self.metadata.0.map(metadata),
        }
    }
}

/// A subscription.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct Subscription {
    /// `sub_` and 26 characters.
    pub id: String,
    /// Whose it is.
    pub customer_id: String,
    /// Which plan.
    pub service_tier: ServiceTier,
    /// Where it stands.
    pub status: SubscriptionStatus,
    /// Dollars for a month, before promotions and tax.
    pub monthly_price: Money,
    /// When it began, else when it is to be installed, else when it was ordered.
    pub start_date: Time,
    /// When it ended.
    pub end_date: Nullable<Time>,
    /// When the month began that it is in, by the clocks of the organization; of one that is to begin, the month of
    /// its start, and of one that is over, that of its end.
    pub current_period_start: Time,
    /// When that month ends.
    pub current_period_end: Time,
    /// Beyond the contract: when it is to be resumed, while it is suspended.
    pub scheduled_resume_date: Nullable<Time>,
    /// Beyond the contract: why it was last suspended or resumed.
    pub reason: Nullable<String>,
    /// Custom key-value metadata.
    pub metadata: Nullable<BTreeMap<String, String>>,
    /// When it was ordered.
    pub created_at: Time,
    /// When it last changed.
    pub updated_at: Time,
}

impl From<Shown> for Subscription {
    fn from(shown: Shown) -> Self {
        Self {
            id: shown.id.to_string(),
            customer_id: shown.customer_id.to_string(),
            service_tier: shown.service_tier.into(),
            status: shown.status.into(),
            monthly_price: Money(shown.monthly_price),
            start_date: Time(shown.start_date),
            end_date: Nullable(shown.end_date.map(Time)),
            current_period_start: Time(shown.current_period_start),
            current_period_end: Time(shown.current_period_end),
            scheduled_resume_date: Nullable(shown.scheduled_resume_date.map(Time)),
            reason: Nullable(shown.reason),
            metadata: Nullable(shown.metadata.map(|metadata| metadata.0)),
            created_at: Time(shown.created_at),
            updated_at: Time(shown.updated_at),
        }
    }
}

/// One subscription.
#[derive(Debug, Object)]
pub struct SubscriptionResponse {
    /// Always true.
    pub success: Success<true>,
    /// The subscription.
    pub data: Subscription,
}

/// A page of subscriptions.
#[derive(Debug, Object)]
pub struct SubscriptionListResponse {
    /// Always true.
    pub success: Success<true>,
    /// The subscriptions, oldest first.
    pub data: Vec<Subscription>,
    /// Which page it is.
    pub pagination: PaginationResponse,
}
