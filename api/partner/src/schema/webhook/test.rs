//! Tests of webhooks.

use super::EventType;
use edge::{
    schema::wire,
    types::{Free, Nullable, Optional, Success, Text},
};
use poem_openapi::Object;
use webhooks::Tested;

/// A webhook test to run.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct TestWebhook {
    /// Specific webhook ID to test (tests all if not provided)
    pub webhook_id: Optional<Text>,
    /// Event type to simulate
    pub event_type: EventType,
    /// Custom payload to send (uses sample data if not provided)
    pub payload: Optional<Free>,
}

wire!(TestWebhook);

/// Result of a webhook test.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase")]
pub struct TestResult {
    /// Webhook ID.
    pub webhook_id: String,
    /// URL it was sent to.
    pub url: String,
    /// Event type that was simulated.
    pub event_type: String,
    /// Whether the receiver accepted the delivery.
    pub delivered: bool,
    /// HTTP status of the response.
    pub status_code: Nullable<u16>,
    /// Response time in ms
    pub response_time: u64,
    /// Why it failed.
    pub error: Nullable<String>,
}

impl TestResult {
    /// Of a test with an event of this type.
    pub fn new(event_type: EventType, tested: Tested) -> Self {
        Self {
            webhook_id: tested.endpoint.id.to_string(),
            url: tested.endpoint.url,
            event_type: event_type.as_str().into(),
            delivered: tested.delivered,
            status_code: Nullable(tested.status),
            response_time: u64::try_from(tested.took.as_millis()).unwrap_or(u64::MAX),
            error: Nullable(tested.error),
        }
    }
}

/// Result of a test.
#[derive(Debug, Object)]
pub struct TestWebhookResponse {
    /// Always true.
    pub success: Success<true>,
    /// The tested webhook; of several, the oldest active one, or else the oldest.
    pub data: TestResult,
    /// All tested webhooks, oldest first.
    pub results: Vec<TestResult>,
}
