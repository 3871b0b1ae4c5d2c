//! The results of recent deliveries to an endpoint.

use crate::ids::EndpointId;
use sea_orm::entity::prelude::*;

/// The health of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "endpoint_health")]
pub struct Model {
    /// The endpoint.
    #[sea_orm(primary_key, auto_increment = false)]
    pub endpoint_id: EndpointId,
    /// Number of failures since the last success.
    pub failures: i32,
    /// When the first of these failures occurred.
    pub failing_since: Option<DateTimeUtc>,
    /// How many times in a row the circuit breaker opened.
    pub opened: i32,
    /// The time until which nothing is sent, while the circuit breaker is open.
    pub closed_until: Option<DateTimeUtc>,
    /// When the last attempt was made.
    pub last_attempt_at: Option<DateTimeUtc>,
    /// Whether the last attempt succeeded.
    pub last_succeeded: Option<bool>,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
