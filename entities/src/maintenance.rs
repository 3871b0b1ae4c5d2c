//! Maintenance windows: work on the network that is planned ahead.

use crate::{
    api_key::Texts,
    ids::{MaintenanceId, OrganizationId},
};
use sea_orm::{QueryOrder, entity::prelude::*};
use serde::Serialize;

/// One window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "maintenance")]
pub struct Model {
    /// The window's key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MaintenanceId,
    /// The tenant whose customers it meets.
    pub organization_id: OrganizationId,
    /// What is done.
    #[sea_orm(column_name = "type")]
    #[serde(rename = "type")]
    pub kind: MaintenanceType,
    /// In a few words.
    pub title: String,
    /// In some more.
    pub description: String,
    /// Places, as people call them; at least one.
    pub affected_areas: Texts,
    /// Services that may be interrupted there.
    pub affected_services: Texts,
    /// What customers will notice.
    pub impact: Impact,
    /// When the work begins.
    pub starts_at: DateTimeUtc,
    /// When it ends; after its beginning.
    pub ends_at: DateTimeUtc,
    /// Whether customers have been told, as the operator says.
    pub notification_sent: bool,
    /// When it was called off.
    pub cancelled_at: Option<DateTimeUtc>,
    /// When it was planned.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

/// What is done in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MaintenanceType {
    /// New software for devices.
    #[sea_orm(string_value = "FIRMWARE_UPGRADE")]
    FirmwareUpgrade,
    /// Other devices for those that are there.
    #[sea_orm(string_value = "HARDWARE_REPLACEMENT")]
    HardwareReplacement,
    /// More network.
    #[sea_orm(string_value = "NETWORK_EXPANSION")]
    NetworkExpansion,
    /// What has to be done from time to time.
    #[sea_orm(string_value = "ROUTINE_MAINTENANCE")]
    RoutineMaintenance,
}

/// What customers notice of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Impact {
    /// Nothing.
    #[sea_orm(string_value = "NONE")]
    None,
    /// An interruption of moments.
    #[sea_orm(string_value = "MINIMAL")]
    Minimal,
    /// Interruptions, or a slow service.
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
    /// All windows of the organization, the earliest first.
    pub fn of(organization: OrganizationId) -> Select<Self> {
        let all = Self::find().filter(Column::OrganizationId.eq(organization));
        all.order_by_asc(Column::StartsAt).order_by_asc(Column::Id)
    }

    /// One window of the organization.
    pub fn one_of(organization: OrganizationId, id: MaintenanceId) -> Select<Self> {
        Self::of(organization).filter(Column::Id.eq(id))
    }

    /// The organization's windows that have some time in common with that from `start` to `end`.
    pub fn within(organization: OrganizationId, start: DateTimeUtc, end: DateTimeUtc) -> Select<Self> {
        Self::of(organization).filter(Column::StartsAt.lt(end)).filter(Column::EndsAt.gt(start))
    }
}
