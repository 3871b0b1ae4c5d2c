//! Optical network terminals (ONTs): the devices on customers' premises, each on one OLT.

use crate::ids::{OltId, OntId, OrganizationId};
use sea_orm::{QueryOrder, entity::prelude::*};
use serde::{Deserialize, Serialize};

/// An ONT.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "onts")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OntId,
    /// The organization.
    pub organization_id: OrganizationId,
    /// The OLT that it is connected to.
    pub olt_id: OltId,
    /// The code, unique within the organization: `ont_esc_001`.
    pub code: String,
    /// The manufacturer's serial number, unique within the organization.
    pub serial: String,
    /// The status.
    pub status: OntStatus,
    /// The owner, for which it was assigned. Idempotent: a second assignment for the same owner returns this ONT.
    pub owner_id: Option<Uuid>,
    /// When it was assigned.
    pub assigned_at: Option<DateTimeUtc>,
    /// When it was created.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

/// The status of an ONT.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OntStatus {
    /// Can be assigned.
    #[sea_orm(string_value = "AVAILABLE")]
    Available,
    /// Assigned to a customer.
    #[sea_orm(string_value = "ASSIGNED")]
    Assigned,
    /// Defective.
    #[sea_orm(string_value = "FAULTY")]
    Faulty,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// All ONTs of the organization, by code.
    pub fn of(organization: OrganizationId) -> Select<Self> {
        Self::find().filter(Column::OrganizationId.eq(organization)).order_by_asc(Column::Code)
    }

    /// The ONT assigned to the owner; there is at most one.
    pub fn for_owner(organization: OrganizationId, owner: Uuid) -> Select<Self> {
        Self::of(organization).filter(Column::OwnerId.eq(owner))
    }

    /// The ONTs of an OLT that can be assigned.
    pub fn free_at(organization: OrganizationId, olt: OltId) -> Select<Self> {
        Self::find()
            .filter(Column::OrganizationId.eq(organization))
            .filter(Column::OltId.eq(olt))
            .filter(Column::Status.eq(OntStatus::Available))
    }
}
