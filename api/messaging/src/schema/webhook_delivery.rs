//! Webhook deliveries on the wire: one per attempt.

use super::{
    envelope::{envelope, object_type},
    id::{has_form, shown, shown_delivery},
};
use edge::{
    schema::wire,
    types::{Moment, Nullable, Optional, Text, Time, WithDefault, text},
};
use entities::{delivery::DeliveryState, ids::DeliveryId};
use kernel::contracts::messaging::WEBHOOK_PREFIX;
use poem_openapi::{Enum, Object};
use webhooks::{LogEntry, ReplayFilter, ReplayState, Replayed};

object_type!(DeliveryObject, "webhook_delivery");

text!(
    /// The ID of a webhook subscription.
    SubscriptionId,
    { pattern: Some("^wbs_[0-9A-HJKMNP-TV-Z]{26}$".into()), title: Some("a webhook subscription ID".into()) },
    is_id
);

fn is_id(text: &str) -> bool {
    has_form(text, WEBHOOK_PREFIX)
}

/// Status of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "lowercase")]
pub enum WebhookDeliveryStatus {
    /// Not sent yet.
    Pending,
    /// Accepted by the receiver.
    Succeeded,
    /// It failed, and another attempt follows.
    Failed,
    /// It failed, and none follows automatically.
    Dead,
}

/// Which deliveries to replay.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Enum)]
#[oai(rename_all = "lowercase")]
pub enum ReplayStatus {
    /// Those that failed, and are retried automatically.
    Failed,
    /// Those that failed for the last time.
    #[default]
    Dead,
}

/// A webhook delivery.
#[derive(Debug, Object)]
pub struct WebhookDelivery {
    /// Delivery ID: `wbd_` and 26 characters.
    pub id: String,
    /// Always `webhook_delivery`.
    pub object: DeliveryObject,
    /// Subscription ID.
    pub subscription_id: String,
    /// Event ID: `evt_` and 26 characters, the same for all attempts.
    pub event_id: String,
    /// Type of the event; empty if the event has expired.
    pub event_type: String,
    /// Current status.
    pub status: WebhookDeliveryStatus,
    /// Number of the attempt, from 1.
    pub attempt: i32,
    /// HTTP status of the receiver's response.
    pub response_status: Nullable<i32>,
    /// Why it failed.
    pub error: Nullable<String>,
    /// When the next attempt is made.
    pub next_attempt_at: Nullable<Time>,
    /// Creation time.
    pub created_at: Time,
    /// When the receiver accepted it.
    pub delivered_at: Nullable<Time>,
}

/// A replayed delivery.
#[derive(Debug, Object)]
pub struct ReplayedDelivery {
    /// ID of the new delivery.
    pub id: String,
    /// Always `webhook_delivery`.
    pub object: DeliveryObject,
    /// ID of the original delivery.
    pub replayed_from: String,
    /// Status of the new delivery.
    pub status: String,
}

/// Deliveries to replay. All filters must match.
#[derive(Debug, Object)]
pub struct BulkReplay {
    /// Subscription ID.
    pub subscription_id: SubscriptionId,
    /// Status of the deliveries.
    pub status: WithDefault<ReplayStatus>,
    /// Type of the events.
    #[oai(validator(min_length = 1, max_length = 64))]
    pub event_type: Optional<Text>,
    /// Only deliveries created after this time.
    pub created_after: Optional<Moment>,
    /// Only deliveries created before this time.
    pub created_before: Optional<Moment>,
}

wire!(BulkReplay);

/// The result of a bulk replay.
#[derive(Debug, Object)]
pub struct BulkReplayResult {
    /// Number of new deliveries, at most 1,000.
    pub enqueued: u64,
    /// Whether more would have matched.
    pub capped: bool,
}

envelope!(
    /// A webhook delivery.
    WebhookDeliveryResponse,
    /// The delivery.
    WebhookDelivery
);

envelope!(
    /// A page of webhook deliveries.
    ListWebhookDeliveriesResponse,
    /// The deliveries, newest first.
    list of WebhookDelivery
);

envelope!(
    /// A replayed delivery.
    ReplayWebhookDeliveryResponse,
    /// The new delivery.
    ReplayedDelivery
);

envelope!(
    /// The result of a bulk replay.
    BulkReplayResponse,
    /// The result.
    BulkReplayResult
);

impl From<WebhookDeliveryStatus> for DeliveryState {
    fn from(status: WebhookDeliveryStatus) -> Self {
        match status {
            WebhookDeliveryStatus::Pending => Self::Pending,
            WebhookDeliveryStatus::Succeeded => Self::Success,
            WebhookDeliveryStatus::Failed => Self::Retrying,
            WebhookDeliveryStatus::Dead => Self::Failed,
        }
    }
}

impl From<DeliveryState> for WebhookDeliveryStatus {
    fn from(state: DeliveryState) -> Self {
        match state {
            DeliveryState::Pending => Self::Pending,
            DeliveryState::Success => Self::Succeeded,
            DeliveryState::Retrying => Self::Failed,
            DeliveryState::Failed => Self::Dead,
        }
    }
}

impl From<LogEntry> for WebhookDelivery {
    fn from(LogEntry { attempt, kind, next_attempt_at }: LogEntry) -> Self {
        let delivered = attempt.state == DeliveryState::Success;
        Self {
            id: shown_delivery(attempt.id),
            object: DeliveryObject::Word,
            subscription_id: shown(attempt.endpoint_id),
            event_id: attempt.event_id.to_string(),
            event_type: kind,
            status: attempt.state.into(),
            attempt: attempt.attempt,
            response_status: Nullable(attempt.http_status),
            error: Nullable(attempt.error),
            next_attempt_at: Nullable(next_attempt_at.map(Time)),
            created_at: Time(attempt.created_at),
            delivered_at: Nullable(attempt.sent_at.filter(|_| delivered).map(Time)),
        }
    }
}

impl ReplayedDelivery {
    /// The new delivery, in place of another.
    pub fn new(id: DeliveryId, from: DeliveryId) -> Self {
        let status = "pending".into();
        Self {
            id: shown_delivery(id),
            object: DeliveryObject::Word,
            replayed_from: shown_delivery(from),
            status,
        }
    }
}

impl From<BulkReplay> for ReplayFilter {
    fn from(body: BulkReplay) -> Self {
        Self {
            state: match body.status.0 {
                ReplayStatus::Failed => ReplayState::Retrying,
                ReplayStatus::Dead => ReplayState::Failed,
            },
            kind: body.event_type.into(),
            after: body.created_after.into(),
            before: body.created_before.into(),
        }
    }
}

impl From<Replayed> for BulkReplayResult {
    fn from(Replayed { enqueued, capped }: Replayed) -> Self {
        Self { enqueued, capped }
    }
}
