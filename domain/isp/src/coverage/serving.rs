//! Finds the area and OLT that serve a place.

use entities::{
    customer::Address,
    ids::{OltId, OrganizationId, ServiceAreaId},
    olt::{self, Stage},
    service_area::{self, PlanCodes},
};
use platform::{
    bulk::{self, SqlType},
    error::Result,
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde::Serialize;
use std::collections::HashMap;

/// What serves a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Serving {
    /// The area.
    pub area: ServiceAreaId,
    /// The region of the address pools.
    pub region: String,
    /// The OLT of the customer's ONT.
    pub olt: OltId,
    /// What is offered there.
    pub plans: PlanCodes,
}

/// A place with its known parts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub city: Option<&'a str>,
    pub state: Option<&'a str>,
    pub zip: Option<&'a str>,
}

/// What serves the address; `None` if it is outside all areas, or the area or its OLT is not in service.
pub async fn serving(
    db: &impl ConnectionTrait,
    organization: OrganizationId,
    address: &Address,
) -> Result<Option<Serving>> {
    let Address { city, state, zip, .. } = address;
    let place = Place { city: Some(city), state: Some(state), zip: Some(zip) };
    let Some(area) = area(db, organization, place).await? else { return Ok(None) };
    let olt = olt::Entity::one_of(organization, area.olt_id).one(db).await?;
    Ok(serving_of(area, olt.map(|olt| olt.status)))
}

/// Like [`serving`], for many addresses in order, in one statement.
pub async fn serving_each(
    db: &impl ConnectionTrait,
    all: &[(OrganizationId, &Address)],
) -> Result<Vec<Option<Serving>>> {
    const FIELDS: &bulk::Fields = &[
        ("place", SqlType::Int),
        ("organization_id", SqlType::Uuid),
        ("city_key", SqlType::Text),
        ("state", SqlType::Text),
        ("zip", SqlType::Text),
    ];
    let mut places = HashMap::new();
    let mut place_of = |key| {
        let next = places.len();
        *places.entry(key).or_insert(next)
    };
    let found: Vec<_> =
        all.iter().map(|(organization, address)| place_of(key(*organization, address))).collect();
    let row = |((organization_id, city_key, state, zip), place)| Row {
        place,
        organization_id,
        city_key,
        state,
        zip,
    };
    let rows: Vec<_> = places.into_iter().map(row).collect();
    let sql = "select r.place, a.*, o.status as olt_status from {rows_by_key}
      join service_areas a on a.organization_id = r.organization_id and a.state = r.state
        and a.zip in (r.zip, '') and a.city_key in (r.city_key, '') and a.status <> $2
      left join olts o on o.id = a.olt_id and o.organization_id = a.organization_id
      order by a.name, a.zip";
    let statement = bulk::statement(db, sql, FIELDS, &rows, [Stage::Retired.into()])?;
    let areas = Around::find_by_statement(statement).all(db).await?;
    let best = |place: usize| {
        let here = areas.iter().filter(|around| usize::try_from(around.place) == Ok(place));
        here.min_by_key(|around| rank(&around.area))?.serving()
    };
    Ok(found.into_iter().map(best).collect())
}

/// The key of an address.
type Key = (OrganizationId, String, String, String);

fn key(organization: OrganizationId, Address { city, state, zip, .. }: &Address) -> Key {
    (organization, city_key(city), state_key(state), zip_key(zip))
}

#[derive(Serialize)]
struct Row {
    place: usize,
    organization_id: OrganizationId,
    city_key: String,
    state: String,
    zip: String,
}

/// An area of a place.
#[derive(FromQueryResult)]
struct Around {
    place: i64,
    olt_status: Option<Stage>,
    #[sea_orm(nested)]
    area: service_area::Model,
}

impl Around {
    fn serving(&self) -> Option<Serving> {
        serving_of(self.area.clone(), self.olt_status)
    }
}

/// `None` if the area or its OLT is not in service.
fn serving_of(area: service_area::Model, olt: Option<Stage>) -> Option<Serving> {
    let works = area.status == Stage::Active && olt == Some(Stage::Active);
    let service_area::Model { id, region, olt_id, plans, .. } = area;
    works.then_some(Serving { area: id, region, olt: olt_id, plans })
}

/// The most specific area of a place: a ZIP code of a city, then a ZIP code, then a city; among equals one in service,
/// then the first by name.
pub(super) async fn area(
    db: &impl ConnectionTrait,
    organization: OrganizationId,
    Place { city, state, zip }: Place<'_>,
) -> Result<Option<service_area::Model>> {
    let city = city.map(city_key);
    let (state, zip) = (state.map(state_key), zip.map(zip_key));
    let found = service_area::Entity::around(organization, city.as_deref(), state.as_deref(), zip.as_deref());
    Ok(found.all(db).await?.into_iter().min_by_key(rank))
}

/// What serves a city, whatever the ZIP code.
pub(super) enum CityService {
    /// The known areas, with their common terms.
    Area(Box<service_area::Model>),
    /// Nothing.
    None,
    /// Depends on the ZIP code.
    DependsOnZip,
}

/// What serves a city without a ZIP code: the area of the whole city if in service; otherwise its ZIP code areas, if
/// they agree.
pub(super) async fn city(
    db: &impl ConnectionTrait,
    organization: OrganizationId,
    (city, state): (&str, &str),
) -> Result<CityService> {
    let place = Place { city: Some(city), state: Some(state), zip: None };
    let whole = area(db, organization, place).await?;
    if let Some(whole) = whole.as_ref().filter(|area| area.status == Stage::Active) {
        return Ok(CityService::Area(Box::new(whole.clone())));
    }
    let zips =
        service_area::Entity::zips_of(organization, &city_key(city), &state_key(state)).all(db).await?;
    Ok(common_area(whole, zips))
}

/// The common terms of a city's area that is not in service and of ZIP code areas.
fn common_area(whole: Option<service_area::Model>, zips: Vec<service_area::Model>) -> CityService {
    let mut all = whole.into_iter().chain(zips);
    let Some(first) = all.next() else { return CityService::None };
    let common = all.try_fold(first, |common, area| {
        // Areas without a city may be elsewhere.
        let is_same =
            area.city_key == common.city_key && area.status == common.status && area.olt_id == common.olt_id;
        let plans = common.plans.common(&area.plans).filter(|_| is_same)?;
        Some(service_area::Model {
            plans,
            install_days: common.install_days.max(area.install_days),
            latitude: None,
            longitude: None,
            ..common
        })
    });
    let common = common.filter(|common| !common.city_key.is_empty());
    common.map_or(CityService::DependsOnZip, |common| CityService::Area(Box::new(common)))
}

/// The most specific first.
const fn rank(area: &service_area::Model) -> (bool, bool, bool) {
    (area.zip.is_empty(), area.city_key.is_empty(), !matches!(area.status, Stage::Active))
}

fn state_key(state: &str) -> String {
    state.trim().to_uppercase()
}

fn zip_key(zip: &str) -> String {
    zip.trim().chars().take(5).collect()
}

/// The normalized name of a city, without differences of case and spaces.
pub(super) fn city_key(city: &str) -> String {
    city.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn area(olt_id: OltId, zip: &str) -> service_area::Model {
        service_area::Model {
            id: ServiceAreaId::new(),
            organization_id: OrganizationId::new(),
            name: zip.into(),
            city: "Escondido".into(),
            city_key: "escondido".into(),
            state: "CA".into(),
            zip: zip.into(),
            latitude: Some(33.0),
            longitude: Some(-117.0),
            region: "Escondido".into(),
            olt_id,
            plans: PlanCodes::default(),
            install_days: 3,
            status: Stage::Active,
            reason: None,
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
        }
    }

    fn found(city: CityService) -> Option<(Stage, Vec<String>, i32)> {
        match city {
            CityService::Area(area) => Some((area.status, area.plans.0, area.install_days)),
            CityService::DependsOnZip => None,
            CityService::None => panic!("it is served"),
        }
    }

    #[test]
    fn a_citys_zip_codes_answer_for_it_where_they_agree() {
        let olt = OltId::new();
        let one = area(olt, "92025");
        let codes = |codes: &[&str]| codes.iter().map(|&code| code.to_owned()).collect::<Vec<_>>();
        let offering = |plans: &[&str], days| service_area::Model {
            plans: PlanCodes(codes(plans)),
            install_days: days,
            ..area(olt, "92029")
        };
        let planned = service_area::Model { status: Stage::Planned, ..area(olt, "92082") };
        let nowhere = service_area::Model { city_key: String::new(), ..area(olt, "92084") };
        let far = area(OltId::new(), "92027");
        let two = offering(&["BASIC", "FAST"], 14);
        assert!(matches!(common_area(None, vec![]), CityService::None));
        assert_eq!(found(common_area(None, vec![one.clone()])), Some((Stage::Active, vec![], 3)));
        assert_eq!(
            found(common_area(None, vec![one.clone(), two.clone()])),
            Some((Stage::Active, codes(&["BASIC", "FAST"]), 14))
        );
        assert_eq!(found(common_area(None, vec![planned.clone()])), Some((Stage::Planned, vec![], 3)));
        for other in [planned.clone(), nowhere.clone(), far] {
            assert_eq!(found(common_area(None, vec![one.clone(), other])), None);
        }
        assert_eq!(
            found(common_area(None, vec![two, offering(&["FASTEST"], 3)])),
            None,
            "nothing is offered in both"
        );
        assert_eq!(found(common_area(None, vec![nowhere])), None);
        let whole = service_area::Model { status: Stage::Planned, ..area(olt, "") };
        assert_eq!(found(common_area(Some(whole), vec![one])), None);
    }
}
