//! Attempts to have a vendor fulfil something.

use chrono::{DateTime, Utc};
use entities::{
    RawJson,
    ids::{EndpointId, SubscriptionId, VendorAttemptId, VendorDetailId, VendorRequestId},
    vendor_request::{Body, RequestType},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a vendor is notified of: an attempt with all that it is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VendorNotification {
    /// [`Self::VERSION`] of the day on which it was recorded.
    pub version: u16,
    /// Whether it is simulated.
    pub sandbox: bool,
    /// What is wanted.
    pub request: ProvisionRequest,
    /// The details that it is wanted with.
    pub detail: ProvisionDetail,
    /// The attempt.
    pub attempt: ProvisionAttempt,
    /// The webhook that it is given to.
    pub endpoint_id: EndpointId,
}

impl VendorNotification {
    /// That of what is recorded now.
    pub const VERSION: u16 = 1;
}

/// A request to a vendor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProvisionRequest {
    /// Which one.
    pub id: VendorRequestId,
    /// What is to be done.
    #[serde(rename = "type")]
    pub kind: RequestType,
    /// Who orders.
    pub partner_id: Option<Uuid>,
    /// Of which subscription it is.
    pub subscription_id: Option<SubscriptionId>,
    /// How many.
    pub quantity: Option<i64>,
    /// The rest of what the vendor is told.
    pub body: Body,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// A version of its details.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProvisionDetail {
    /// Which one.
    pub id: VendorDetailId,
    /// The answers to the product's questions.
    pub details: RawJson,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// One attempt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProvisionAttempt {
    /// Which one.
    pub id: VendorAttemptId,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}
