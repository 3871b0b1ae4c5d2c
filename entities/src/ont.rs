//! Optical network terminals (ONTs): the boxes at customers, each on one OLT.

use crate::ids::{OltId, OntId, OrganizationId};
use sea_orm::{QueryOrder, entity::prelude::*};
use serde::{Deserialize, Serialize};

/// One ONT.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "onts")]
pub struct Model {
    /// The ONT's key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OntId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// On which OLT it works.
    pub olt_id: OltId,
    /// As the organization calls it, unique there: `ont_esc_001`.
    pub code: String,
    /// As its maker calls it, unique within the organization.
    pub serial: String,
    /// Whether it can be given out.
    pub status: OntStatus,
    /// For what it was taken: who asks again for the same gets the same.
    pub owner_id: Option<Uuid>,
    /// Since when it is taken.
    pub assigned_at: Option<DateTimeUtc>,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

/// Whether an ONT can be given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OntStatus {
    /// It can.
    #[sea_orm(string_value = "AVAILABLE")]
    Available,
    /// Somebody has it.
    #[sea_orm(string_value = "ASSIGNED")]
    Assigned,
    /// It does not work.
    #[sea_orm(string_value = "FAULTY")]
    Faulty,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The organization's ONTs, by code.
    pub fn of(organization: OrganizationId) -> Select<Self> {
        Self::find().filter(Column::OrganizationId.eq(organization)).order_by_asc(Column::Code)
    }

    /// What was taken for this; one at most.
    pub fn for_owner(organization: OrganizationId, owner: Uuid) -> Select<Self> {
        Self::of(organization).filter(Column::OwnerId.eq(owner))
    }

    /// Those of an OLT that can be given out.
    pub fn free_at(organization: OrganizationId, olt: OltId) -> Select<Self> {
        Self::find()
            .filter(Column::OrganizationId.eq(organization))
            .filter(Column::OltId.eq(olt))
            .filter(Column::Status.eq(OntStatus::Available))
    }
}
