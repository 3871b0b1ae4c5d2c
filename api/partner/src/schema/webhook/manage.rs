//! A webhook as it is shown, given a new secret, replayed and reconciled.

use super::EventType;
use crate::schema::envelope::envelope;
use edge::{
    schema::wire,
    types::{Moment, Nullable, Optional, Text, Time, text},
};
use entities::endpoint::EndpointStatus;
use poem_openapi::{Enum, Object, types::Example};
use webhooks::{Digest, Endpoint};

text!(
    /// A URL.
    Url, { format: Some("uri"), example: Some("https://partner.com/webhooks/swell".into()) }, edge::types::check::any
);

/// Result of the last delivery to a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "lowercase")]
pub enum LastStatus {
    /// The receiver took it.
    Success,
    /// It did not.
    Failed,
}

/// Whether deliveries are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "lowercase", remote = "EndpointStatus")]
pub enum WebhookStatus {
    /// They are.
    Active,
    /// They are kept until it is resumed.
    Paused,
    /// It failed for too long, or said that it is gone: nothing new is kept for it.
    Disabled,
}

/// A webhook.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct Webhook {
    /// Webhook ID: `wh_` and 26 characters.
    pub id: String,
    /// URL that receives the deliveries.
    pub url: Url,
    /// Event types it subscribes to.
    pub events: Vec<EventType>,
    /// Types of your own events it subscribes to.
    pub custom_events: Vec<String>,
    /// Description.
    pub description: Nullable<String>,
    /// Whether deliveries are sent.
    pub is_active: bool,
    /// When the last delivery was attempted.
    pub last_delivery_at: Nullable<Time>,
    /// Result of the last delivery.
    pub last_delivery_status: Nullable<LastStatus>,
    /// When it was registered.
    pub created_at: Time,
    /// Whether deliveries are sent, and if not, why.
    pub status: WebhookStatus,
    /// Why it was disabled.
    pub status_reason: Nullable<String>,
    /// When the status last changed.
    pub status_since: Time,
    /// Whether events are delivered in order.
    pub ordered: bool,
    /// Maximum number of concurrent deliveries.
    pub concurrency: i32,
    /// Maximum number of deliveries per second.
    pub rate: Nullable<i32>,
    /// Sequence number of the last event addressed to it; 0 before the first.
    pub last_sequence: i64,
    /// Failures since the last success.
    pub failures: i32,
    /// Deliveries are paused until this time after too many consecutive failures.
    pub held_until: Nullable<Time>,
}

impl From<Endpoint> for Webhook {
    fn from(Endpoint { record, health }: Endpoint) -> Self {
        let status = |succeeded| if succeeded { LastStatus::Success } else { LastStatus::Failed };
        Self {
            id: record.id.to_string(),
            url: Url(record.url),
            events: EventType::among(&record.types.0),
            custom_events: EventType::others(&record.types.0),
            description: Nullable(record.description),
            is_active: record.status == EndpointStatus::Active,
            last_delivery_at: Nullable(health.last_attempt_at.map(Time)),
            last_delivery_status: Nullable(health.last_succeeded.map(status)),
            created_at: Time(record.created_at),
            status: record.status.into(),
            status_reason: Nullable(record.status_reason),
            status_since: Time(record.status_at),
            ordered: record.ordered,
            concurrency: record.concurrency,
            rate: Nullable(record.rate),
            last_sequence: record.next_sequence - 1,
            failures: health.failures,
            held_until: Nullable(health.closed_until.map(Time)),
        }
    }
}

envelope!(
    /// All webhooks.
    WebhookListResponse,
    /// The webhooks, oldest first.
    list of Webhook
);

/// A webhook and its backlog.
#[derive(Debug, Object)]
pub struct WebhookDetails {
    /// The webhook.
    #[oai(flatten)]
    pub webhook: Webhook,
    /// Number of pending deliveries.
    pub backlog: u64,
}

envelope!(
    /// One webhook.
    WebhookResponse,
    /// The webhook.
    WebhookDetails
);

/// A message.
#[derive(Debug, Object)]
pub struct Said {
    /// Human-readable message.
    pub message: String,
}

envelope!(
    /// A response with a message.
    SaidResponse,
    /// The message.
    Said
);

/// A secret of your choice.
#[derive(Debug, Object)]
pub struct RotateWebhook {
    /// The new shared secret (auto-generated if not provided)
    #[oai(validator(min_length = 16))]
    pub secret: Optional<Text>,
}

wire!(RotateWebhook);

/// A webhook's new secret.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct Rotated {
    /// The new shared secret, shown only once
    pub secret: String,
    /// The previous secret also signs deliveries until this time.
    pub previous_until: Time,
}

envelope!(
    /// A new secret.
    RotatedResponse,
    /// The secret.
    Rotated
);

/// Which deliveries to replay. Without properties: all permanently failed ones. With both: those that match both.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", example)]
pub struct ReplayWebhook {
    /// Deliveries that failed permanently since this time.
    pub failed_since: Optional<Moment>,
    /// Deliveries with this sequence number or a higher one. Without `failedSince`, whether delivered or not.
    #[oai(validator(minimum(value = "1")))]
    pub from_sequence: Optional<i64>,
}

wire!(ReplayWebhook);

impl Example for ReplayWebhook {
    fn example() -> Self {
        Self { failed_since: Optional(None), from_sequence: Optional(Some(1)) }
    }
}

/// What is replayed.
#[derive(Debug, Object)]
pub struct Replayed {
    /// Number of deliveries replayed.
    pub deliveries: u64,
}

envelope!(
    /// An accepted replay.
    ReplayedResponse,
    /// What is replayed.
    Replayed
);

/// What a receiver should have received.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct Reconciliation {
    /// Start of the range, by event time (inclusive).
    pub since: Time,
    /// End of the range (exclusive).
    pub until: Time,
    /// Events addressed to the webhook.
    pub count: u64,
    /// SHA-256, in hexadecimal, of the sorted event IDs (the `webhook-id` of the deliveries), each followed by a line
    /// feed.
    pub digest: String,
    /// Delivered events.
    pub delivered: u64,
    /// Events still to be delivered.
    pub pending: u64,
    /// Events whose delivery failed permanently.
    pub failed: u64,
    /// Lowest sequence number (`webhook-sequence`).
    pub first_sequence: Nullable<i64>,
    /// Highest sequence number.
    pub last_sequence: Nullable<i64>,
}

impl From<Digest> for Reconciliation {
    fn from(digest: Digest) -> Self {
        Self {
            since: Time(digest.since),
            until: Time(digest.until),
            count: digest.count,
            digest: digest.digest,
            delivered: digest.delivered,
            pending: digest.pending,
            failed: digest.failed,
            first_sequence: Nullable(digest.first_sequence),
            last_sequence: Nullable(digest.last_sequence),
        }
    }
}

envelope!(
    /// What a receiver should have received.
    ReconciliationResponse,
    /// Count and digest.
    Reconciliation
);
