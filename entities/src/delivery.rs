//! Attempts, made and to be made, to deliver events to endpoints: a row an attempt.

use crate::ids::{DeliveryId, EndpointId, EventId};
use sea_orm::{QueryOrder, entity::prelude::*};
use serde::{Deserialize, Serialize};

/// One attempt.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "deliveries")]
pub struct Model {
    /// The attempt's key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DeliveryId,
    /// Where to.
    pub endpoint_id: EndpointId,
    /// What of.
    pub event_id: EventId,
    /// The event's number among those meant for the endpoint; from 1, without gaps. 0: a test.
    pub sequence: i64,
    /// Of a test: the last number that was given before it, which it follows in the log.
    pub after_sequence: Option<i64>,
    /// The number of this attempt to deliver it; from 1.
    pub attempt: i32,
    /// How many of the schedule's pauses lie before it. A replay begins the schedule anew.
    pub retry: i32,
    /// 0 (critical) to 3 (low).
    pub priority: i16,
    /// Where it stands.
    pub state: DeliveryState,
    /// Not before this time.
    pub due_at: DateTimeUtc,
    /// When it was decided on.
    pub created_at: DateTimeUtc,
    /// When it was made; none: it waits.
    pub sent_at: Option<DateTimeUtc>,
    /// How long it took, in milliseconds.
    pub took_ms: Option<i32>,
    /// The answer's status.
    pub http_status: Option<i32>,
    /// Why there is none, in one word.
    pub error_class: Option<String>,
    /// Why it failed, in a sentence.
    pub error: Option<String>,
    /// The first part of the answer's body.
    pub response: Option<String>,
    /// The headers that were sent, without secrets.
    pub headers: Option<Json>,
}

/// Where an attempt stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "lowercase")]
pub enum DeliveryState {
    /// It waits to be made.
    #[sea_orm(string_value = "pending")]
    Pending,
    /// The receiver has taken the event.
    #[sea_orm(string_value = "success")]
    Success,
    /// It failed, and another is to be made.
    #[sea_orm(string_value = "retrying")]
    Retrying,
    /// It failed, and none will be made by itself.
    #[sea_orm(string_value = "failed")]
    Failed,
}

impl DeliveryState {
    /// The stored word.
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
