//! Whether a place can be served.

use super::{
    Point,
    parse_address::Parts,
    query::{self, ServiceabilityQuery},
    serving::{self, CityService},
};
use crate::plans;
use chrono::{DateTime, Utc};
use entities::{
    ids::{OltId, OrganizationId},
    olt::{self, Stage},
    ont, plan,
    service_area::{self, PlanCodes},
};
use kernel::{Kernel, organizations};
use platform::error::{Error, Fault, Field, Result};
use sea_orm::{ColumnTrait, DatabaseConnection, QueryFilter};

/// Days to an installation without an area.
const INSTALL_DAYS: i32 = 7;

const OUTSIDE: &str = "Address is outside current service area";
const TOO_FAR: &str = "Location is outside current service area";
const PLANNED: &str = "Service is planned here, but not available yet";
const NO_EQUIPMENT: &str = "No equipment is available for this location at the moment";
const NO_PLAN: &str = "No plan is offered at this location";

/// Whether a place can be served.
#[derive(Debug, Clone, PartialEq)]
pub struct Serviceability {
    /// The parsed address.
    pub address: Parts,
    /// The available plans; empty if it cannot be served.
    pub plans: Vec<plan::Model>,
    /// The earliest installation; `None` if it cannot be served.
    pub install_at: Option<DateTime<Utc>>,
    /// The nearest OLT in service, or the area's, if the distance is known.
    pub nearest: Option<Nearest>,
    /// Why it cannot be served; `None` if it can.
    pub reason: Option<String>,
}

/// An OLT and its distance.
#[derive(Debug, Clone, PartialEq)]
pub struct Nearest {
    /// The OLT's code.
    pub code: String,
    /// Great-circle distance.
    pub miles: f64,
}

/// A place's area, and the OLTs with their distances, nearest first.
struct Found {
    area: Option<service_area::Model>,
    olts: Vec<(olt::Model, Option<f64>)>,
}

/// The terms of service at a place.
struct Terms {
    olt: OltId,
    plans: PlanCodes,
    days: i32,
}

/// Checks whether a place can be served. A given address must be in an area, a given point within the reach of an OLT;
/// if both are given, both apply. `is_sold` says which plan codes the caller's contract sells; others do not count.
pub async fn check(
    kernel: &Kernel,
    organization: OrganizationId,
    query: ServiceabilityQuery,
    is_sold: fn(&str) -> bool,
) -> Result<Serviceability> {
    let (address, point) = query::read(query)?;
    let db = kernel.db.reader();
    let (area, outside) = area(db, organization, &address, point.is_some()).await?;
    let olts = olts(db, organization, point.or_else(|| area.as_ref().and_then(point_of))).await?;
    let found = Found { area, olts };
    let terms =
        if outside { Err(OUTSIDE.to_owned()) } else { terms(db, organization, &found, point).await? };
    let nearest = found.nearest(point.is_some());
    let offer = match terms {
        Ok(terms) => offer(db, organization, &terms, is_sold).await?.map(|plans| (plans, terms.days)),
        Err(reason) => Err(reason),
    };
    let (plans, install_at, reason) = match offer {
        Err(reason) => (vec![], None, Some(reason)),
        Ok((plans, days)) => {
            let zone = organizations::zone(db, organization).await?;
            let days = u16::try_from(days).unwrap_or_default();
            (plans, Some(zone.days_later(kernel.clock.now(), days)), None)
        }
    };
    Ok(Serviceability { address, plans, install_at, nearest, reason })
}

/// The area of an address, and whether it is in none. `Invalid` if that depends on a missing ZIP code, unless a point
/// decides.
async fn area(
    db: &DatabaseConnection,
    organization: OrganizationId,
    address: &Parts,
    has_point: bool,
) -> Result<(Option<service_area::Model>, bool)> {
    let Some(place) = address.place() else { return Ok((None, false)) };
    let (Some(city), Some(state), None) = (place.city, place.state, place.zip) else {
        let area = serving::area(db, organization, place).await?;
        let outside = area.is_none();
        return Ok((area, outside));
    };
    match serving::city(db, organization, (city, state)).await? {
        CityService::Area(area) => Ok((Some(*area), false)),
        CityService::None => Ok((None, true)),
        CityService::DependsOnZip if has_point => Ok((None, false)),
        CityService::DependsOnZip => {
            let message = format!("is required: service in {city}, {state} depends on it");
            Err(Error::invalid(Fault::field(Field::Zip, message)))
        }
    }
}

fn point_of(area: &service_area::Model) -> Option<Point> {
    Point::new(area.latitude?, area.longitude?)
}

/// The organization's OLTs that are not retired, nearest first.
async fn olts(
    db: &DatabaseConnection,
    organization: OrganizationId,
    from: Option<Point>,
) -> Result<Vec<(olt::Model, Option<f64>)>> {
    let found = olt::Entity::of(organization).filter(olt::Column::Status.ne(Stage::Retired)).all(db).await?;
    let far = |olt: &olt::Model| Some(from?.miles_to(Point::new(olt.latitude, olt.longitude)?));
    let mut olts: Vec<_> =
        found.into_iter().map(|olt| (far(&olt), olt)).map(|(far, olt)| (olt, far)).collect();
    olts.sort_by(|(_, one), (_, other)| {
        let [one, other] = [one, other].map(|far| far.unwrap_or(f64::INFINITY));
        one.total_cmp(&other)
    });
    Ok(olts)
}

impl Found {
    /// For a point, the nearest OLT in service; otherwise that of the area.
    fn nearest(&self, of_point: bool) -> Option<Nearest> {
        let wanted = |olt: &olt::Model| match &self.area {
            Some(area) if !of_point => olt.id == area.olt_id,
            _ => olt.status == Stage::Active,
        };
        let (olt, far) = self.olts.iter().find(|(olt, _)| wanted(olt))?;
        Some(Nearest { code: olt.code.clone(), miles: (*far)? })
    }

    /// The OLT that serves the place: the area's, or the nearest one that reaches the point; or the reason why there is
    /// none.
    fn olt(&self, of_point: bool) -> Result<&olt::Model, String> {
        let reaching = self.olts.iter().filter(|(olt, far)| far.is_some_and(|far| far <= olt.radius_miles));
        let reaching: Vec<_> = reaching.map(|(olt, _)| olt).collect();
        if of_point && reaching.is_empty() {
            return Err(TOO_FAR.into());
        }
        let in_service = |olt: &&olt::Model| olt.status == Stage::Active;
        let found = match &self.area {
            Some(area) if area.status != Stage::Active => {
                return Err(area.reason.clone().unwrap_or_else(|| PLANNED.into()));
            }
            Some(area) => self.olts.iter().map(|(olt, _)| olt).find(|olt| olt.id == area.olt_id),
            None => reaching.iter().copied().find(in_service),
        };
        let reached = !of_point || reaching.iter().any(in_service);
        found.filter(in_service).filter(|_| reached).ok_or_else(|| PLANNED.into())
    }
}

/// The terms of service at a place, or why there is none.
async fn terms(
    db: &DatabaseConnection,
    organization: OrganizationId,
    found: &Found,
    point: Option<Point>,
) -> Result<Result<Terms, String>> {
    let olt = match found.olt(point.is_some()) {
        Ok(olt) => olt.id,
        Err(reason) => return Ok(Err(reason)),
    };
    let area = match (&found.area, point) {
        (Some(area), _) => Some(area.clone()),
        (None, Some(point)) => nearest_area(db, organization, olt, point).await?,
        (None, None) => None,
    };
    let (plans, days) =
        area.map_or_else(|| (PlanCodes::default(), INSTALL_DAYS), |area| (area.plans, area.install_days));
    Ok(Ok(Terms { olt, plans, days }))
}

/// The area of an OLT in service nearest to the point; areas without a location come last.
async fn nearest_area(
    db: &DatabaseConnection,
    organization: OrganizationId,
    olt: OltId,
    point: Point,
) -> Result<Option<service_area::Model>> {
    let areas = service_area::Entity::of(organization)
        .filter(service_area::Column::OltId.eq(olt))
        .filter(service_area::Column::Status.eq(Stage::Active))
        .all(db)
        .await?;
    let far =
        |area: &service_area::Model| point_of(area).map_or(f64::INFINITY, |there| point.miles_to(there));
    Ok(areas.into_iter().min_by(|one, other| far(one).total_cmp(&far(other))))
}

/// The plans available on these terms, or why there is none.
async fn offer(
    db: &DatabaseConnection,
    organization: OrganizationId,
    terms: &Terms,
    is_sold: fn(&str) -> bool,
) -> Result<Result<Vec<plan::Model>, String>> {
    if ont::Entity::free_at(organization, terms.olt).one(db).await?.is_none() {
        return Ok(Err(NO_EQUIPMENT.into()));
    }
    let mut plans = plans::offered(db, organization).await?;
    plans.retain(|plan| terms.plans.offer(&plan.code) && is_sold(&plan.code));
    Ok(if plans.is_empty() { Err(NO_PLAN.into()) } else { Ok(plans) })
}
