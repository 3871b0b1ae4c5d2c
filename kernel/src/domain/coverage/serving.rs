//! Who serves a place.

use crate::error::Result;
use entities::{
    customer::Address,
    ids::{OltId, OrganizationId, ServiceAreaId},
    olt::{self, Stage},
    service_area::{self, Tiers},
};
use sea_orm::ConnectionTrait;

/// What serves a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Serving {
    /// The area that the place is in.
    pub area: ServiceAreaId,
    /// The region whose pools its addresses come from.
    pub region: String,
    /// From whose boxes the customer gets one.
    pub olt: OltId,
    /// What is offered there.
    pub tiers: Tiers,
}

/// A place, as far as it is known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub city: Option<&'a str>,
    pub state: Option<&'a str>,
    pub zip: Option<&'a str>,
}

/// What serves the address; none when it is outside of all areas, or the area or its OLT is not in service.
pub async fn serving(
    db: &impl ConnectionTrait,
    organization: OrganizationId,
    address: &Address,
) -> Result<Option<Serving>> {
    let Address { city, state, zip, .. } = address;
    let place = Place { city: Some(city), state: Some(state), zip: Some(zip) };
    let Some(area) = area(db, organization, place).await? else { return Ok(None) };
    let olt = olt::Entity::one_of(organization, area.olt_id).one(db).await?;
    let works = area.status == Stage::Active && olt.is_some_and(|olt| olt.status == Stage::Active);
    let service_area::Model { id, region, olt_id, tiers, .. } = area;
    Ok(works.then_some(Serving { area: id, region, olt: olt_id, tiers }))
}

/// The most specific area that a place is in: one of a ZIP code of a city, then of a ZIP code, then of a city; of
/// two that are alike the one in service, then the first by name.
pub(super) async fn area(
    db: &impl ConnectionTrait,
    organization: OrganizationId,
    Place { city, state, zip }: Place<'_>,
) -> Result<Option<service_area::Model>> {
    let city = city.map(city_key);
    let state = state.map(|state| state.trim().to_uppercase());
    let zip: Option<String> = zip.map(|zip| zip.trim().chars().take(5).collect());
    let found = service_area::Entity::around(organization, city.as_deref(), state.as_deref(), zip.as_deref());
    let rank = |area: &service_area::Model| {
        (area.zip.is_empty(), area.city_key.is_empty(), area.status != Stage::Active)
    };
    Ok(found.all(db).await?.into_iter().min_by_key(rank))
}

/// The form of a city's name by which areas are found: whatever its case and spaces.
pub(super) fn city_key(city: &str) -> String {
    city.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}
