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
    /// The area's key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ServiceAreaId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// For people; with the ZIP code, unique within the organization.
    pub name: String,
    /// Which city; empty: any.
    pub city: String,
    /// The form by which it is found (lower case).
    pub city_key: String,
    /// Two capitals.
    pub state: String,
    /// Five digits; empty: any.
    pub zip: String,
    /// In degrees north of the equator, where it is known.
    pub latitude: Option<f64>,
    /// In degrees east of Greenwich, where it is known.
    pub longitude: Option<f64>,
    /// The region whose pools its addresses come from.
    pub region: String,
    /// Which OLT serves it.
    pub olt_id: OltId,
    /// What is offered there; empty: all.
    pub plans: PlanCodes,
    /// Days from an order to the installation.
    pub install_days: i32,
    /// Whether it is served.
    pub status: Stage,
    /// Why not, or when; for customers.
    pub reason: Option<String>,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

/// Some of the plans, by their codes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(transparent)]
pub struct PlanCodes(pub Vec<String>);

impl PlanCodes {
    /// Those that are among both; none where no plan is.
    pub fn common(&self, other: &Self) -> Option<Self> {
        let both = match (self.0.is_empty(), other.0.is_empty()) {
            (true, _) => other.0.clone(),
            (_, true) => self.0.clone(),
            _ => self.0.iter().filter(|code| other.0.contains(code)).cloned().collect(),
        };
        let any = !both.is_empty() || self.0.is_empty() && other.0.is_empty();
        any.then_some(Self(both))
    }

    /// Whether the plan is among them; none means all.
    pub fn offer(&self, code: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|offered| offered == code)
    }
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The organization's areas, by name.
    pub fn of(organization: OrganizationId) -> Select<Self> {
        Self::find()
            .filter(Column::OrganizationId.eq(organization))
            .order_by_asc(Column::Name)
            .order_by_asc(Column::Zip)
    }

    /// Those of ZIP codes that a city may have: its own, and those of no city in particular. A city in lower case, a
    /// state in capitals.
    pub fn zips_of(organization: OrganizationId, city: &str, state: &str) -> Select<Self> {
        Self::of(organization)
            .filter(Column::Status.ne(Stage::Retired))
            .filter(Column::Zip.ne(""))
            .filter(Column::CityKey.is_in([city, ""]))
            .filter(Column::State.eq(state))
    }

    /// Those that a place is in, as far as it is known: of a city in lower case, a state in capitals and five digits
    /// of a ZIP code. Without city and state only areas of its ZIP code are found, without a ZIP code only those of
    /// the whole city.
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
