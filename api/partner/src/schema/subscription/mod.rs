//! Subscriptions on the wire.

mod change;

pub use change::{SubscriptionAction, SubscriptionChange, SubscriptionChangeResponse, SubscriptionUpgrade};

use super::customer::{Metadata, metadata};
use crate::schema::envelope::envelope;
use edge::{
    schema::wire,
    types::{Moment, Money, Nullable, Optional, Text, Time},
};
use entities::{
    ids::{CustomerId, PlanId},
    subscription as row,
};
use isp::subscriptions::{NewSubscription, SubscriptionView};
use kernel::contracts::partner::Tier;
use platform::Error;
use poem_openapi::{Enum, Object};
use std::collections::BTreeMap;

/// Service tier/plan
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE", remote = "Tier")]
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
    /// Ended permanently.
    Cancelled,
    /// Delivered, and charged, though an invoice has not been paid in time.
    PastDue,
}

/// A subscription to create.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct CreateSubscription {
    /// Customer ID.
    #[oai(validator(min_length = 1))]
    pub customer_id: Text,
    /// Service tier/plan. A customer can have one open subscription per tier (otherwise 409).
    pub service_tier: ServiceTier,
    /// Requested installation date, at most ten years ahead; immediately if in the past. If omitted, request the
    /// installation with `POST /api/v1/provisioning`. The subscription is ACTIVE and charged once the installation is
    /// completed.
    pub start_date: Optional<Moment>,
    /// Extension: the service is already installed. The subscription is ACTIVE and charged from `startDate` (default:
    /// now), and nothing is provisioned.
    pub already_installed: Optional<bool>,
    /// Promotion code. It must be valid when the subscription starts.
    pub promotion_code: Optional<Text>,
    /// Custom key-value metadata.
    pub metadata: Optional<Metadata>,
}

wire!(CreateSubscription);

impl CreateSubscription {
    /// The subscription, of the customer that its id names, to the plan of its tier.
    pub fn of(self, customer: CustomerId, plan: PlanId) -> NewSubscription {
        NewSubscription {
            customer,
            plan,
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
    /// Subscription ID: `sub_` and 26 characters.
    pub id: String,
    /// Customer ID.
    pub customer_id: String,
    /// Service tier/plan.
    pub service_tier: ServiceTier,
    /// Current status.
    pub status: SubscriptionStatus,
    /// Monthly price in US dollars, before promotions and tax.
    pub monthly_price: Money,
    /// When it started; before that, the scheduled installation, or else when it was ordered.
    pub start_date: Time,
    /// When it ended.
    pub end_date: Nullable<Time>,
    /// Start of the current billing period, a month in the organization's time zone. Before the subscription starts:
    /// the month of its start; after it ended: the month of its end.
    pub current_period_start: Time,
    /// End of the current billing period.
    pub current_period_end: Time,
    /// Extension: when it will be resumed, while it is suspended.
    pub scheduled_resume_date: Nullable<Time>,
    /// Extension: why it was last suspended or resumed.
    pub reason: Nullable<String>,
    /// Custom key-value metadata.
    pub metadata: Nullable<BTreeMap<String, String>>,
    /// When it was ordered.
    pub created_at: Time,
    /// Time of the last change.
    pub updated_at: Time,
}

/// `NotFound` of a plan that is no tier of the contract: such subscriptions are not the contract's.
pub fn tier_of(plan_code: &str) -> Result<ServiceTier, Error> {
    Tier::of_plan(plan_code).map(Into::into).ok_or(Error::NotFound("Subscription"))
}

impl TryFrom<SubscriptionView> for Subscription {
    type Error = Error;

    fn try_from(shown: SubscriptionView) -> Result<Self, Error> {
        Ok(Self {
            id: shown.id.to_string(),
            customer_id: shown.customer_id.to_string(),
            service_tier: tier_of(&shown.plan_code)?,
            status: shown.status.into(),
            monthly_price: Money(shown.monthly_price),
            start_date: Time(shown.started_at.or(shown.starts_at).unwrap_or(shown.created_at)),
            end_date: Nullable(shown.ended_at.map(Time)),
            current_period_start: Time(shown.period.from),
            current_period_end: Time(shown.period.to),
            scheduled_resume_date: Nullable(shown.resume_at.map(Time)),
            reason: Nullable(shown.reason),
            metadata: Nullable(shown.metadata.map(|metadata| metadata.0)),
            created_at: Time(shown.created_at),
            updated_at: Time(shown.updated_at),
        })
    }
}

envelope!(
    /// One subscription.
    SubscriptionResponse,
    /// The subscription.
    Subscription
);

envelope!(
    /// A page of subscriptions.
    SubscriptionListResponse,
    /// The subscriptions, oldest first.
    page of Subscription
);
