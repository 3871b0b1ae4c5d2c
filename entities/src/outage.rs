//! Outages of the network, as the operator tells an organization of them.

use crate::{
    api_key::Texts,
    ids::{OrganizationId, OutageId},
};
use sea_orm::{Condition, FromJsonQueryResult, QueryOrder, entity::prelude::*};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One outage.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outages")]
pub struct Model {
    /// The outage's key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OutageId,
    /// The tenant whose customers it meets.
    pub organization_id: OrganizationId,
    /// What it came from.
    #[sea_orm(column_name = "type")]
    pub kind: OutageType,
    /// How bad it is.
    pub severity: Severity,
    /// How far the work on it is.
    pub status: OutageStatus,
    /// In a few words.
    pub title: String,
    /// In some more.
    pub description: String,
    /// Places, as people call them; at least one.
    pub affected_areas: Texts,
    /// Services that do not work there.
    pub affected_services: Texts,
    /// Its ZIP codes, and how many customers each had when they were counted last.
    pub affected_zips: CustomersByZip,
    /// When it began.
    pub started_at: DateTimeUtc,
    /// When it should be over, as far as anyone knows.
    pub estimated_resolution: Option<DateTimeUtc>,
    /// When it was over.
    pub resolved_at: Option<DateTimeUtc>,
    /// What was told of it, the first first.
    pub updates: Updates,
    /// When it was recorded.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

/// What an outage came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OutageType {
    /// Work that had to interrupt the service.
    #[sea_orm(string_value = "PLANNED")]
    Planned,
    /// A fault, or work that could not wait.
    #[sea_orm(string_value = "UNPLANNED")]
    Unplanned,
}

/// How bad an outage is; worse ones sort later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Severity {
    /// Hardly anyone notices.
    #[sea_orm(string_value = "LOW")]
    Low,
    /// The service is worse than usual.
    #[sea_orm(string_value = "MEDIUM")]
    Medium,
    /// There is no service.
    #[sea_orm(string_value = "HIGH")]
    High,
    /// There is no service, for many or for those who must have it.
    #[sea_orm(string_value = "CRITICAL")]
    Critical,
}

/// How far the work on an outage is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OutageStatus {
    /// The cause is being looked for.
    #[sea_orm(string_value = "INVESTIGATING")]
    Investigating,
    /// The cause is known.
    #[sea_orm(string_value = "IDENTIFIED")]
    Identified,
    /// It is mended, and watched.
    #[sea_orm(string_value = "MONITORING")]
    Monitoring,
    /// It is over.
    #[sea_orm(string_value = "RESOLVED")]
    Resolved,
}

/// Customers by five-digit ZIP code. A customer has one, so the sum is of different customers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(transparent)]
pub struct CustomersByZip(pub BTreeMap<String, u64>);

impl CustomersByZip {
    /// Customers in all of them.
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }
}

/// What was told of an outage.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(transparent)]
pub struct Updates(pub Vec<Update>);

/// One message about an outage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update {
    /// When it was told.
    pub timestamp: DateTimeUtc,
    /// What was told.
    pub message: String,
    /// By whom.
    pub author: String,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// All outages of the organization, those recorded last first.
    pub fn of(organization: OrganizationId) -> Select<Self> {
        Self::find().filter(Column::OrganizationId.eq(organization)).order_by_desc(Column::Id)
    }

    /// One outage of the organization.
    pub fn one_of(organization: OrganizationId, id: OutageId) -> Select<Self> {
        Self::of(organization).filter(Column::Id.eq(id))
    }

    /// The organization's outages that are not over, or ended after that time.
    pub fn since(organization: OrganizationId, time: DateTimeUtc) -> Select<Self> {
        let ended = Condition::any().add(Column::ResolvedAt.is_null()).add(Column::ResolvedAt.gt(time));
        Self::of(organization).filter(ended)
    }
}
