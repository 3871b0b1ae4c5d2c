//! Network outages, as the operator reports them to an organization.

use crate::{
    api_key::Texts,
    ids::{OrganizationId, OutageId},
};
use sea_orm::{Condition, FromJsonQueryResult, QueryOrder, entity::prelude::*};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An outage.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outages")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OutageId,
    /// The organization.
    pub organization_id: OrganizationId,
    /// The type.
    #[sea_orm(column_name = "type")]
    pub kind: OutageType,
    /// The severity.
    pub severity: Severity,
    /// The status.
    pub status: OutageStatus,
    /// Short summary.
    pub title: String,
    /// Full description.
    pub description: String,
    /// The affected areas, by common name; at least one.
    pub affected_areas: Texts,
    /// The affected services.
    pub affected_services: Texts,
    /// The affected ZIP codes, with the number of customers in each when they were last counted.
    pub affected_zips: CustomersByZip,
    /// When it started.
    pub started_at: DateTimeUtc,
    /// The estimated end.
    pub estimated_resolution: Option<DateTimeUtc>,
    /// When it was resolved.
    pub resolved_at: Option<DateTimeUtc>,
    /// The published updates, oldest first.
    pub updates: Updates,
    /// When it was recorded.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

/// The type of an outage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OutageType {
    /// Planned work that had to interrupt the service.
    #[sea_orm(string_value = "PLANNED")]
    Planned,
    /// A fault, or urgent work.
    #[sea_orm(string_value = "UNPLANNED")]
    Unplanned,
}

/// The severity of an outage; worse ones sort later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Severity {
    /// Hardly noticeable.
    #[sea_orm(string_value = "LOW")]
    Low,
    /// Degraded service.
    #[sea_orm(string_value = "MEDIUM")]
    Medium,
    /// No service.
    #[sea_orm(string_value = "HIGH")]
    High,
    /// No service, for many customers or for critical ones.
    #[sea_orm(string_value = "CRITICAL")]
    Critical,
}

/// The status of an outage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OutageStatus {
    /// The cause is being investigated.
    #[sea_orm(string_value = "INVESTIGATING")]
    Investigating,
    /// The cause is known.
    #[sea_orm(string_value = "IDENTIFIED")]
    Identified,
    /// Fixed, and being monitored.
    #[sea_orm(string_value = "MONITORING")]
    Monitoring,
    /// Over.
    #[sea_orm(string_value = "RESOLVED")]
    Resolved,
}

/// Number of customers by five-digit ZIP code. A customer has one ZIP code, so the sum counts nobody twice.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(transparent)]
pub struct CustomersByZip(pub BTreeMap<String, u64>);

impl CustomersByZip {
    /// Returns the number of customers in all ZIP codes.
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }
}

/// The updates about an outage.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(transparent)]
pub struct Updates(pub Vec<Update>);

/// An update about an outage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update {
    /// When it was published.
    pub timestamp: DateTimeUtc,
    /// The text.
    pub message: String,
    /// The author.
    pub author: String,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// All outages of the organization, most recently recorded first.
    pub fn of(organization: OrganizationId) -> Select<Self> {
        Self::find().filter(Column::OrganizationId.eq(organization)).order_by_desc(Column::Id)
    }

    /// An outage of the organization.
    pub fn one_of(organization: OrganizationId, id: OutageId) -> Select<Self> {
        Self::of(organization).filter(Column::Id.eq(id))
    }

    /// The organization's outages that are not over, or ended after this time.
    pub fn since(organization: OrganizationId, time: DateTimeUtc) -> Select<Self> {
        let ended = Condition::any().add(Column::ResolvedAt.is_null()).add(Column::ResolvedAt.gt(time));
        Self::of(organization).filter(ended)
    }
}
