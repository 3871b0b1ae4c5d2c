//! Events, each recorded in the transaction that made the change.

use crate::{
    RawJson,
    ids::{EventId, OrganizationId},
};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// An event. Rows are never changed.
#[derive(Clone, Debug, PartialEq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "events")]
pub struct Model {
    /// The id; later events sort later.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EventId,
    /// The organization.
    pub organization_id: OrganizationId,
    /// The type: `customer.created`, …
    #[sea_orm(column_name = "type")]
    #[serde(rename = "type")]
    pub kind: String,
    /// The domain of the object; only endpoints of the domain's contracts receive the event.
    pub domain: Domain,
    /// The type of the object: `customer`, …
    pub resource: String,
    /// The id of the object.
    pub resource_id: Uuid,
    /// The payload.
    pub payload: RawJson,
    /// The actor: the id of a key, `job_…`, or `system`.
    pub actor: String,
    /// The id of the request that caused it, if any.
    pub request_id: Option<String>,
    /// For a change: the value of each changed field before and after: `{"field": {"before": …, "after": …}}`.
    pub changes: Option<Json>,
    /// The IP address that the request came from.
    pub address: Option<String>,
    /// The operation of the request: contract, method and path template, such as `partner PATCH
    /// /api/v1/customers/{id}`.
    pub operation: Option<String>,
    /// The priority of fan-out and delivery: 0 (critical) to 3 (low).
    pub priority: i16,
    /// When it happened.
    pub created_at: DateTimeUtc,
}

/// The domain of an event's object: two contracts may both have a `customer.created`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum Domain {
    /// The platform: keys, jobs, webhooks.
    #[sea_orm(string_value = "all")]
    All,
    /// The service provider: customers, subscriptions, tickets, network, …
    #[sea_orm(string_value = "isp")]
    Isp,
    /// The licensing contract.
    #[sea_orm(string_value = "licensing")]
    Licensing,
    /// The messaging contract.
    #[sea_orm(string_value = "messaging")]
    Messaging,
    /// The messaging domain's, in the sandbox: recorded, but not delivered.
    #[sea_orm(string_value = "messaging_sandbox")]
    MessagingSandbox,
}

impl Domain {
    /// The stored text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Isp => "isp",
            Self::Licensing => "licensing",
            Self::Messaging => "messaging",
            Self::MessagingSandbox => "messaging_sandbox",
        }
    }
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
