//! Attempts, pending and sent, to deliver events to endpoints: one row per attempt.

use crate::ids::{DeliveryId, EndpointId, EventId};
use sea_orm::{QueryOrder, entity::prelude::*};
use serde::{Deserialize, Serialize};

/// An attempt.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "deliveries")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DeliveryId,
    /// The endpoint.
    pub endpoint_id: EndpointId,
    /// The event.
    pub event_id: EventId,
    /// The event's sequence number at the endpoint; from 1, without gaps. 0: a test.
    pub sequence: i64,
    /// For a test: the last sequence number assigned before it, which places the test in the log.
    pub after_sequence: Option<i64>,
    /// The number of this attempt to deliver the event; from 1.
    pub attempt: i32,
    /// Number of delays of the retry schedule that precede the attempt. A replay starts the schedule again.
    pub retry: i32,
    /// 0 (critical) to 3 (low).
    pub priority: i16,
    /// The state.
    pub state: DeliveryState,
    /// The earliest time of the attempt.
    pub due_at: DateTimeUtc,
    /// When the attempt was scheduled.
    pub created_at: DateTimeUtc,
    /// When it was sent; `None` while it is pending.
    pub sent_at: Option<DateTimeUtc>,
    /// The duration, in milliseconds.
    pub took_ms: Option<i32>,
    /// The HTTP status of the response.
    pub http_status: Option<i32>,
    /// The class of the error if there was no response, in one word.
    pub error_class: Option<String>,
    /// The error, in a sentence.
    pub error: Option<String>,
    /// The beginning of the response's body.
    pub response: Option<String>,
    /// The request headers, without secrets.
    pub headers: Option<Json>,
}

/// The state of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "lowercase")]
pub enum DeliveryState {
    /// Not sent yet.
    #[sea_orm(string_value = "pending")]
    Pending,
    /// The receiver accepted the event.
    #[sea_orm(string_value = "success")]
    Success,
    /// Failed; another attempt follows.
    #[sea_orm(string_value = "retrying")]
    Retrying,
    /// Failed; no further attempt follows automatically.
    #[sea_orm(string_value = "failed")]
    Failed,
}

impl DeliveryState {
    /// The stored text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Success => "success",
            Self::Retrying => "retrying",
            Self::Failed => "failed",
        }
    }
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// All attempts for the endpoint, those of the newest events first.
    pub fn to(endpoint: EndpointId) -> Select<Self> {
        Self::find()
            .filter(Column::EndpointId.eq(endpoint))
            .order_by_desc(Column::Sequence)
            .order_by_desc(Column::Attempt)
    }
}
