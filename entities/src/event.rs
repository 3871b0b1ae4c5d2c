//! What happened, appended in the transaction that made it happen.

use crate::{
    RawJson,
    ids::{EventId, OrganizationId},
};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// One event. Rows are never changed.
#[derive(Clone, Debug, PartialEq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "events")]
pub struct Model {
    /// Events made later sort later.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EventId,
    /// Whose event it is.
    pub organization_id: OrganizationId,
    /// `customer.created`, …
    #[sea_orm(column_name = "type")]
    #[serde(rename = "type")]
    pub kind: String,
    /// Whose objects it is about, and so which contracts' endpoints hear it.
    pub domain: Domain,
    /// The kind of object it is about: `customer`, …
    pub resource: String,
    /// The object's key.
    pub resource_id: Uuid,
    /// What is told about it.
    pub payload: RawJson,
    /// Who did it: a key's id, `job_…`, or `system`.
    pub actor: String,
    /// The request that began it, where there was one.
    pub request_id: Option<String>,
    /// For a change: of each changed field what it was before and is after:
    /// `{"field": {"before": …, "after": …}}`.
    pub changes: Option<Json>,
    /// From where the request came: an IP address.
    pub address: Option<String>,
    /// What the request asked for: contract, method and path template, such as
    /// `partner PATCH /api/v1/customers/{id}`.
    pub operation: Option<String>,
    /// In which order events are fanned out and delivered: 0 (critical) to 3 (low).
    pub priority: i16,
    /// When it happened.
    pub created_at: DateTimeUtc,
}

/// Whose objects events are about: two contracts may both have a `customer.created`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "lowercase")]
pub enum Domain {
    /// The platform's own: keys, jobs, webhooks.
    #[sea_orm(string_value = "all")]
    All,
    /// The service provider's customers, subscriptions, tickets, network, …
    #[sea_orm(string_value = "isp")]
    Isp,
    /// The licensing contract's.
    #[sea_orm(string_value = "licensing")]
    Licensing,
    /// The messaging contract's.
    #[sea_orm(string_value = "messaging")]
    Messaging,
}

impl Domain {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Isp => "isp",
            Self::Licensing => "licensing",
            Self::Messaging => "messaging",
        }
    }
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
