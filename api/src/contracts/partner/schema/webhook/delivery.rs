//! The log of attempts.

use crate::{
    contracts::partner::schema::PaginationResponse,
    types::{Free, Nullable, Success, Time},
};
use entities::{delivery::DeliveryState, endpoint};
use kernel::domain::webhooks::Entry;
use poem_openapi::{Enum, Object};
use serde_json::Value;

/// An attempt to deliver an event.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct WebhookDelivery {
    /// `whd_` and 26 characters.
    pub id: String,
    /// The webhook.
    pub webhook_id: String,
    /// The event: the `webhook-id` of its deliveries.
    pub event_id: String,
    /// The event's type.
    pub event_type: String,
    /// Where it is sent.
    pub url: String,
    /// What is sent.
    pub request_payload: Free,
    /// The answer's status.
    pub response_status: Nullable<u16>,
    /// The first 16 KiB of the answer's body.
    pub response_body: Nullable<String>,
    /// Delivery time in milliseconds
    pub delivery_time: u64,
    /// The number of the attempt; from 1.
    pub attempt: i32,
    /// Whether it waits (`pending`), was taken (`success`), failed with another to come (`retrying`), or failed
    /// for good (`failed`).
    pub status: DeliveryStatus,
    /// Why it failed.
    pub error: Nullable<String>,
    /// When it was decided on.
    pub created_at: Time,
    /// The event's number among those meant for the webhook; 0 for a test.
    pub sequence: i64,
    /// When it is to be made, at the earliest.
    pub due_at: Time,
    /// When it was made.
    pub sent_at: Nullable<Time>,
    /// Why there was no success, in one word: `status`, `dns`, `connect`, `tls`, `timeout`, `reset`, `protocol`,
    /// `refused`, `expired`, `replaced` (by a retry that was asked for).
    pub error_class: Nullable<String>,
    /// The headers that were sent, without secrets.
    pub request_headers: Nullable<Value>,
}

/// Where an attempt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "lowercase", remote = "DeliveryState")]
pub enum DeliveryStatus {
    /// It waits to be made.
    Pending,
    /// The receiver has taken the event.
    Success,
    /// It failed, and will not be made again by itself.
    Failed,
    /// It failed, and another is to be made.
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

/// A page of attempts.
#[derive(Debug, Object)]
pub struct DeliveryListResponse {
    /// Always true.
    pub success: Success<true>,
    /// The attempts, those of the newest events first.
    pub data: Vec<WebhookDelivery>,
    /// Which page it is.
    pub pagination: PaginationResponse,
}

/// An attempt that was asked for.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct RetriedDelivery {
    /// ID of the new delivery log entry
    pub delivery_id: String,
}

/// A retry that was accepted.
#[derive(Debug, Object)]
pub struct DeliveryRetryResponse {
    /// Always true.
    pub success: Success<true>,
    /// The new attempt.
    pub data: RetriedDelivery,
    /// In words.
    pub message: String,
}
