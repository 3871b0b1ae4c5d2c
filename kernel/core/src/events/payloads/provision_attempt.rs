//! Attempts to have a vendor fulfil something.

use chrono::{DateTime, Utc};
use entities::{
    RawJson,
    ids::{EndpointId, SubscriptionId, VendorAttemptId, VendorDetailId, VendorRequestId},
    vendor_request::{Body, RequestType},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The notification of a vendor: an attempt with its request and details.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VendorNotification {
    /// [`Self::VERSION`] when it was recorded.
    pub version: u16,
    /// Whether it is simulated.
    pub sandbox: bool,
    /// The request.
    pub request: ProvisionRequest,
    /// The details.
    pub detail: ProvisionDetail,
    /// The attempt.
    pub attempt: ProvisionAttempt,
    /// The webhook.
    pub endpoint_id: EndpointId,
}

impl VendorNotification {
    /// The version of payloads recorded now.
    pub const VERSION: u16 = 1;
}

/// A request to a vendor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProvisionRequest {
    /// The id.
    pub id: VendorRequestId,
    /// The type.
    #[serde(rename = "type")]
    pub kind: RequestType,
    /// The organization that orders.
    pub partner_id: Option<Uuid>,
    /// The subscription.
    pub subscription_id: Option<SubscriptionId>,
    /// The quantity.
    pub quantity: Option<i64>,
    /// The other fields.
    pub body: Body,
    /// The creation time.
    pub created_at: DateTime<Utc>,
}

/// A version of the request's details.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProvisionDetail {
    /// The id.
    pub id: VendorDetailId,
    /// As stored with the request: `vendor_detail::Model::details`.
    pub details: RawJson,
    /// The creation time.
    pub created_at: DateTime<Utc>,
}

/// An attempt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProvisionAttempt {
    /// The id.
    pub id: VendorAttemptId,
    /// The creation time.
    pub created_at: DateTime<Utc>,
}
