//! Service areas: the places that are served, or will be.

use crate::{
    ids::{OltId, OrganizationId, ServiceAreaId},
    olt::Stage,
};
use sea_orm::{FromJsonQueryResult, QueryOrder, QueryTrait, entity::prelude::*};
use serde::{Deserialize, Serialize};

/// A city, a ZIP code, or a ZIP code of a city.
#[derive(Clone, Debug, PartialEq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "service_areas")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ServiceAreaId,
    /// The organization.
    pub organization_id: OrganizationId,
    /// The name, for people; unique within the organization together with the ZIP code.
    pub name: String,
    /// The city; empty: any.
    pub city: String,
    /// The city as it is compared: lower case.
    pub city_key: String,
    /// The state: two capitals.
    pub state: String,
    /// The ZIP code: five digits; empty: any.
    pub zip: String,
    /// The latitude, in degrees north of the equator, if known.
    pub latitude: Option<f64>,
    /// The longitude, in degrees east of Greenwich, if known.
    pub longitude: Option<f64>,
    /// The region of the pools that its addresses come from.
    pub region: String,
    /// The OLT that serves it.
    pub olt_id: OltId,
    /// The plans offered there; empty: all.
    pub plans: PlanCodes,
    /// Number of days from an order to the installation.
    pub install_days: i32,
    /// The status.
    pub status: Stage,
    /// Why it is not served, or when it will be; for customers.
    pub reason: Option<String>,
    /// When it was created.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

/// A selection of plans by code; empty: all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(transparent)]
pub struct PlanCodes(pub Vec<String>);

impl PlanCodes {
    /// The plans in both selections; `None` if there are none.
    pub fn common(&self, other: &Self) -> Option<Self> {
        let both = match (self.0.is_empty(), other.0.is_empty()) {
            (true, _) => other.0.clone(),
            (_, true) => self.0.clone(),
            _ => self.0.iter().filter(|code| other.0.contains(code)).cloned().collect(),
        };
        let any = !both.is_empty() || self.0.is_empty() && other.0.is_empty();
        any.then_some(Self(both))
    }

    /// Whether the plan is offered; an empty selection offers all.
    pub fn offer(&self, code: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|offered| offered == code)
    }
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// All areas of the organization, by name.
    pub fn of(organization: OrganizationId) -> Select<Self> {
        Self::find()
            .filter(Column::OrganizationId.eq(organization))
            .order_by_asc(Column::Name)
            .order_by_asc(Column::Zip)
    }

    /// The areas with ZIP codes that a city may have: its own, and those of no city. The city is in lower case, the
    /// state in capitals.
    pub fn zips_of(organization: OrganizationId, city: &str, state: &str) -> Select<Self> {
        Self::of(organization)
            .filter(Column::Status.ne(Stage::Retired))
            .filter(Column::Zip.ne(""))
            .filter(Column::CityKey.is_in([city, ""]))
            .filter(Column::State.eq(state))
    }

    /// The areas that contain a place, as far as the place is known: a city in lower case, a state in capitals, and a
    /// ZIP code of five digits. Without city and state, finds only areas of the ZIP code; without a ZIP code, only
    /// those of the whole city.
    pub fn around(
        organization: OrganizationId,
        city: Option<&str>,
        state: Option<&str>,
        zip: Option<&str>,
    ) -> Select<Self> {
        let any = if city.is_some() && state.is_some() { Some("") } else { None };
        Self::of(organization)
            .filter(Column::Status.ne(Stage::Retired))
            .filter(Column::Zip.is_in(zip.into_iter().chain(any)))
            .apply_if(city, |found, city| found.filter(Column::CityKey.is_in([city, ""])))
            .apply_if(state, |found, state| found.filter(Column::State.eq(state)))
    }
}
