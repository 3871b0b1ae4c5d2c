//! The log of attempts.

use crate::schema::envelope::envelope;
use edge::types::{Free, Nullable, Success, Time};
use entities::{delivery::DeliveryState, endpoint};
use poem_openapi::{Enum, Object};
use serde_json::Value;
use webhooks::Entry;

/// An attempt to deliver an event.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct WebhookDelivery {
    /// Delivery ID: `whd_` and 26 characters.
    pub id: String,
    /// Webhook ID.
    pub webhook_id: String,
    /// Event ID: the `webhook-id` of its deliveries.
    pub event_id: String,
    /// Event type.
    pub event_type: String,
    /// URL it is sent to.
    pub url: String,
    /// Request payload.
    pub request_payload: Free,
    /// HTTP status of the response.
    pub response_status: Nullable<u16>,
    /// The first 16 KiB of the response body.
    pub response_body: Nullable<String>,
    /// Delivery time in milliseconds
    pub delivery_time: u64,
    /// Attempt number, starting at 1.
    pub attempt: i32,
    /// Status: scheduled (`pending`), accepted by the receiver (`success`), failed and to be retried (`retrying`), or
    /// failed permanently (`failed`).
    pub status: DeliveryStatus,
    /// Why it failed.
    pub error: Nullable<String>,
    /// When the attempt was scheduled.
    pub created_at: Time,
    /// Sequence number of the event for this webhook; 0 for a test.
    pub sequence: i64,
    /// Earliest time of the attempt.
    pub due_at: Time,
    /// When the attempt was made.
    pub sent_at: Nullable<Time>,
    /// Why the attempt failed: `status`, `dns`, `connect`, `tls`, `timeout`, `reset`, `protocol`, `refused`, `expired`
    /// or `replaced` (by a requested retry).
    pub error_class: Nullable<String>,
    /// Request headers, without secrets.
    pub request_headers: Nullable<Value>,
}

/// Status of a delivery attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "lowercase", remote = "DeliveryState")]
pub enum DeliveryStatus {
    /// It waits to be made.
    Pending,
    /// The receiver has taken the event.
    Success,
    /// Failed permanently.
    Failed,
    /// Failed; will be retried.
    Retrying,
}

impl WebhookDelivery {
    /// Of an attempt for this endpoint.
    pub fn new(endpoint: &endpoint::Model, Entry { attempt, kind, body }: Entry) -> Self {
        let positive = |number: i32| u64::try_from(number).unwrap_or(0);
        Self {
            id: attempt.id.to_string(),
            webhook_id: endpoint.id.to_string(),
            event_id: attempt.event_id.to_string(),
            event_type: kind,
            url: endpoint.url.clone(),
            request_payload: Free(body),
            response_status: Nullable(attempt.http_status.and_then(|status| u16::try_from(status).ok())),
            response_body: Nullable(attempt.response),
            delivery_time: attempt.took_ms.map_or(0, positive),
            attempt: attempt.attempt,
            status: attempt.state.into(),
            error: Nullable(attempt.error),
            created_at: Time(attempt.created_at),
            sequence: attempt.sequence,
            due_at: Time(attempt.due_at),
            sent_at: Nullable(attempt.sent_at.map(Time)),
            error_class: Nullable(attempt.error_class),
            request_headers: Nullable(attempt.headers),
        }
    }
}

envelope!(
    /// A page of delivery attempts.
    DeliveryListResponse,
    /// The delivery attempts, newest events first.
    page of WebhookDelivery
);

/// A delivery attempt made on request.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct RetriedDelivery {
    /// ID of the new delivery log entry
    pub delivery_id: String,
}

/// An accepted retry.
#[derive(Debug, Object)]
pub struct DeliveryRetryResponse {
    /// Always true.
    pub success: Success<true>,
    /// The new attempt.
    pub data: RetriedDelivery,
    /// Human-readable message.
    pub message: String,
}
