//! Maintenance windows: planned work on the network.

use crate::{
    api_key::Texts,
    ids::{MaintenanceId, OrganizationId},
};
use sea_orm::{QueryOrder, entity::prelude::*};
use serde::Serialize;

/// A maintenance window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "maintenance")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MaintenanceId,
    /// The organization.
    pub organization_id: OrganizationId,
    /// The type of work.
    #[sea_orm(column_name = "type")]
    #[serde(rename = "type")]
    pub kind: MaintenanceType,
    /// Short summary.
    pub title: String,
    /// Full description.
    pub description: String,
    /// The affected areas, by common name; at least one.
    pub affected_areas: Texts,
    /// The services that may be interrupted there.
    pub affected_services: Texts,
    /// The impact on customers.
    pub impact: Impact,
    /// When it starts.
    pub starts_at: DateTimeUtc,
    /// When it ends; after the start.
    pub ends_at: DateTimeUtc,
    /// Whether customers have been notified, as set by the operator.
    pub notification_sent: bool,
    /// When it was cancelled.
    pub cancelled_at: Option<DateTimeUtc>,
    /// When it was created.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

/// The type of work in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MaintenanceType {
    /// New firmware for devices.
    #[sea_orm(string_value = "FIRMWARE_UPGRADE")]
    FirmwareUpgrade,
    /// Replacement of devices.
    #[sea_orm(string_value = "HARDWARE_REPLACEMENT")]
    HardwareReplacement,
    /// Expansion of the network.
    #[sea_orm(string_value = "NETWORK_EXPANSION")]
    NetworkExpansion,
    /// Recurring maintenance.
    #[sea_orm(string_value = "ROUTINE_MAINTENANCE")]
    RoutineMaintenance,
}

/// The impact on customers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Impact {
    /// No interruption.
    #[sea_orm(string_value = "NONE")]
    None,
    /// Interruptions of a few moments.
    #[sea_orm(string_value = "MINIMAL")]
    Minimal,
    /// Interruptions, or slow service.
    #[sea_orm(string_value = "MODERATE")]
    Moderate,
    /// No service for much of the window.
    #[sea_orm(string_value = "SIGNIFICANT")]
    Significant,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// All windows of the organization, earliest first.
    pub fn of(organization: OrganizationId) -> Select<Self> {
        let all = Self::find().filter(Column::OrganizationId.eq(organization));
        all.order_by_asc(Column::StartsAt).order_by_asc(Column::Id)
    }

    /// A window of the organization.
    pub fn one_of(organization: OrganizationId, id: MaintenanceId) -> Select<Self> {
        Self::of(organization).filter(Column::Id.eq(id))
    }

    /// The organization's windows that overlap the time from `start` to `end`.
    pub fn within(organization: OrganizationId, start: DateTimeUtc, end: DateTimeUtc) -> Select<Self> {
        Self::of(organization).filter(Column::StartsAt.lt(end)).filter(Column::EndsAt.gt(start))
    }
}
