//! Optical line terminals (OLTs): the provider's end of an area's fibres.

use crate::ids::{OltId, OrganizationId};
use sea_orm::{QueryOrder, entity::prelude::*};
use serde::{Deserialize, Serialize};

/// An OLT.
#[derive(Clone, Debug, PartialEq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "olts")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OltId,
    /// The organization.
    pub organization_id: OrganizationId,
    /// The code, unique within the organization: `olt_esc_001`. The contract shows it as the id.
    pub code: String,
    /// The name, for people.
    pub name: String,
    /// The region, as in address pools.
    pub region: String,
    /// The latitude, in degrees north of the equator.
    pub latitude: f64,
    /// The longitude, in degrees east of Greenwich.
    pub longitude: f64,
    /// The reach, in miles.
    pub radius_miles: f64,
    /// The status.
    pub status: Stage,
    /// When it was created.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

/// The status of a part of the coverage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Stage {
    /// Serves customers.
    #[sea_orm(string_value = "ACTIVE")]
    Active,
    /// Will serve customers.
    #[sea_orm(string_value = "PLANNED")]
    Planned,
    /// Served customers; treated as if it did not exist.
    #[sea_orm(string_value = "RETIRED")]
    Retired,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// All OLTs of the organization, by code.
    pub fn of(organization: OrganizationId) -> Select<Self> {
        Self::find().filter(Column::OrganizationId.eq(organization)).order_by_asc(Column::Code)
    }

    /// An OLT of the organization.
    pub fn one_of(organization: OrganizationId, id: OltId) -> Select<Self> {
        Self::of(organization).filter(Column::Id.eq(id))
    }
}
