//! Optical line terminals (OLTs): where the fibres of an area end in the network.

use crate::ids::{OltId, OrganizationId};
use sea_orm::{QueryOrder, entity::prelude::*};
use serde::{Deserialize, Serialize};

/// One OLT.
#[derive(Clone, Debug, PartialEq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "olts")]
pub struct Model {
    /// The OLT's key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OltId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// As the organization calls it, unique there: `olt_esc_001`. The contract shows it as the OLT's id.
    pub code: String,
    /// For people.
    pub name: String,
    /// Where it is: the region that pools of addresses name.
    pub region: String,
    /// In degrees north of the equator.
    pub latitude: f64,
    /// In degrees east of Greenwich.
    pub longitude: f64,
    /// As far as it reaches.
    pub radius_miles: f64,
    /// Whether it serves anybody.
    pub status: Stage,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

/// Whether a part of the coverage serves anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Stage {
    /// It does.
    #[sea_orm(string_value = "ACTIVE")]
    Active,
    /// It will.
    #[sea_orm(string_value = "PLANNED")]
    Planned,
    /// It did; it is as if it were not there.
    #[sea_orm(string_value = "RETIRED")]
    Retired,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The organization's OLTs, by code.
    pub fn of(organization: OrganizationId) -> Select<Self> {
        Self::find().filter(Column::OrganizationId.eq(organization)).order_by_asc(Column::Code)
    }

    /// One OLT of the organization.
    pub fn one_of(organization: OrganizationId, id: OltId) -> Select<Self> {
        Self::of(organization).filter(Column::Id.eq(id))
    }
}
