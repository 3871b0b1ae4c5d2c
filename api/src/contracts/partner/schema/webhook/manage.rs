//! A webhook as it is shown, given a new secret, replayed and reconciled.

use super::EventType;
use crate::{
    schema::wire,
    types::{Maybe, Moment, Nullable, Success, Text, Time, text},
};
use entities::endpoint::EndpointStatus;
use kernel::domain::webhooks::{Digest, Endpoint};
use poem_openapi::{Enum, Object, types::Example};

text!(
    /// A URL.
    Url, { format: Some("uri"), example: Some("https://partner.com/webhooks/swell".into()) }, crate::types::check::any
);

/// How the last delivery to a webhook ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "lowercase")]
pub enum LastStatus {
    /// The receiver took it.
    Success,
    /// It did not.
    Failed,
}

/// Whether deliveries are made.
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
    /// `wh_` and 26 characters.
    pub id: String,
    /// Where deliveries go.
    pub url: Url,
    /// The types of events that it wants to know of.
    pub events: Vec<EventType>,
    /// The types of your own events that it wants to know of.
    pub custom_events: Vec<String>,
    /// Your own words.
    pub description: Nullable<String>,
    /// Whether deliveries are made.
    pub is_active: bool,
    /// When the last delivery was attempted.
    pub last_delivery_at: Nullable<Time>,
    /// How it ended.
    pub last_delivery_status: Nullable<LastStatus>,
    /// When it was registered.
    pub created_at: Time,
    /// Whether deliveries are made, and why not.
    pub status: WebhookStatus,
    /// Why it was disabled.
    pub status_reason: Nullable<String>,
    /// Since when it has its status.
    pub status_since: Time,
    /// Whether a delivery waits for the end of the one before it.
    pub ordered: bool,
    /// Deliveries at most that are under way at once.
    pub concurrency: i32,
    /// Deliveries a second at most.
    pub rate: Nullable<i32>,
    /// The number of the last event that was meant for it; 0 before the first.
    pub last_sequence: i64,
    /// Failures since the last success.
    pub failures: i32,
    /// Until when nothing is sent, since too many deliveries in a row have failed.
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

/// All webhooks.
#[derive(Debug, Object)]
pub struct WebhookListResponse {
    /// Always true.
    pub success: Success<true>,
    /// The webhooks, oldest first.
    pub data: Vec<Webhook>,
}

/// A webhook and its backlog.
#[derive(Debug, Object)]
pub struct WebhookDetails {
    /// The webhook.
    #[oai(flatten)]
    pub webhook: Webhook,
    /// Deliveries that wait to be made.
    pub backlog: u64,
}

/// One webhook.
#[derive(Debug, Object)]
pub struct WebhookResponse {
    /// Always true.
    pub success: Success<true>,
    /// The webhook.
    pub data: WebhookDetails,
}

/// What there is to say.
#[derive(Debug, Object)]
pub struct Said {
    /// In words.
    pub message: String,
}

/// An answer in words.
#[derive(Debug, Object)]
pub struct SaidResponse {
    /// Always true.
    pub success: Success<true>,
    /// The words.
    pub data: Said,
}

/// A secret of your own.
#[derive(Debug, Object)]
pub struct RotateWebhook {
    /// The new shared secret (auto-generated if not provided)
    #[oai(validator(min_length = 16))]
    pub secret: Maybe<Text>,
}

wire!(RotateWebhook);

/// A webhook's new secret.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct Rotated {
    /// The new shared secret, shown only once
    pub secret: String,
    /// Until when the one before signs beside it.
    pub previous_until: Time,
}

/// A new secret.
#[derive(Debug, Object)]
pub struct RotatedResponse {
    /// Always true.
    pub success: Success<true>,
    /// The secret.
    pub data: Rotated,
}

/// What is to be sent again: with neither property, all that has failed for good; with both, what fits both.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", example)]
pub struct ReplayWebhook {
    /// What has failed for good since then.
    pub failed_since: Maybe<Moment>,
    /// What has this number or a higher one; where nothing is said of failures, delivered or not.
    #[oai(validator(minimum(value = "1")))]
    pub from_sequence: Maybe<i64>,
}

wire!(ReplayWebhook);

impl Example for ReplayWebhook {
    fn example() -> Self {
        Self { failed_since: Maybe(None), from_sequence: Maybe(Some(1)) }
    }
}

/// What is sent again.
#[derive(Debug, Object)]
pub struct Replayed {
    /// Deliveries that are sent again.
    pub deliveries: u64,
}

/// A replay that has begun.
#[derive(Debug, Object)]
pub struct ReplayedResponse {
    /// Always true.
    pub success: Success<true>,
    /// What is sent again.
    pub data: Replayed,
}

/// What a receiver should have.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct Reconciliation {
    /// From when on, by the time of the event.
    pub since: Time,
    /// Until when, that time left out.
    pub until: Time,
    /// Events that were meant for the webhook.
    pub count: u64,
    /// SHA-256, in hexadecimal digits, of their ids (the `webhook-id` of the deliveries), sorted, each followed
    /// by a line feed.
    pub digest: String,
    /// Of these, delivered.
    pub delivered: u64,
    /// Of these, still to be delivered.
    pub pending: u64,
    /// Of these, given up.
    pub failed: u64,
    /// The lowest number (`webhook-sequence`) among them.
    pub first_sequence: Nullable<i64>,
    /// The highest number among them.
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

/// What a receiver should have.
#[derive(Debug, Object)]
pub struct ReconciliationResponse {
    /// Always true.
    pub success: Success<true>,
    /// Count and digest.
    pub data: Reconciliation,
}
