//! Parses the rows of a file.

use super::{
    FoundOlt,
    cell::{self, Cells},
    parse_value,
    record::Made,
};
use crate::coverage::{Point, serving::city_key};
use entities::{
    ids::{OltId, OntId, ServiceAreaId},
    olt::{self, Stage},
    ont::{self, OntStatus},
    service_area::{self, PlanCodes},
};
use platform::{
    error::{Error, Faults, Result},
    import_file::{CsvReader, Position, ReadError, Row},
};
use std::{collections::HashSet, io::Read};

/// Default for days to an installation.
const INSTALL_DAYS: i32 = 7;

/// Maximum reach of an OLT in miles, the limit of optics.
const MOST_MILES: f64 = 100.0;

/// A value with its row.
pub(super) struct Located<T> {
    pub at: Position,
    pub value: T,
}

/// The valid rows of a file.
#[derive(Default)]
pub(super) struct CsvRows {
    /// The codes of all OLTs, also of invalid rows.
    pub codes: HashSet<String>,
    pub olts: Vec<Located<OltRow>>,
    pub areas: Vec<Located<AreaRow>>,
    pub onts: Vec<Located<OntRow>>,
}

/// Reads all rows, which may name these plans, and notes what is wrong with them.
pub(super) fn read(file: impl Read, plans: &[String], faults: &mut Faults) -> Result<CsvRows> {
    let mut csv_rows = CsvRows::default();
    match csv_rows.read(file, plans, faults) {
        Ok(()) => Ok(csv_rows),
        Err(ReadError::Io(error)) => Err(Error::internal(error)),
        Err(ReadError::Invalid(fault)) => {
            faults.push(fault);
            Ok(csv_rows)
        }
    }
}

impl CsvRows {
    fn read(&mut self, file: impl Read, plans: &[String], faults: &mut Faults) -> Result<(), ReadError> {
        let mut reader = CsvReader::open(file)?;
        let header = cell::header(reader.header(), faults);
        if !faults.is_empty() {
            return Ok(());
        }
        loop {
            match reader.next_row()? {
                Row::Valid => {
                    let (at, record) = (reader.position(), reader.record());
                    self.take(&mut Cells { at, header: &header, record, plans, faults });
                }
                Row::Invalid(fault) => faults.push(fault),
                Row::End => return Ok(()),
            }
        }
    }

    fn take(&mut self, cells: &mut Cells<'_>) {
        let at = cells.at;
        match cells.text("kind").map(str::to_lowercase).as_deref() {
            Some("olt") => {
                self.codes.extend(cells.text("id").map(str::to_owned));
                self.olts.extend(OltRow::read(cells).map(|value| Located { at, value }));
            }
            Some("area") => self.areas.extend(AreaRow::read(cells).map(|value| Located { at, value })),
            Some("ont") => self.onts.extend(OntRow::read(cells).map(|value| Located { at, value })),
            _ => cells.fault("kind", "must be olt, area or ont"),
        }
    }
}

/// An OLT.
pub(super) struct OltRow {
    code: String,
    name: String,
    region: String,
    point: Point,
    radius_miles: f64,
    status: Stage,
}

impl OltRow {
    const COLUMNS: &[&str] = &["kind", "id", "name", "region", "lat", "lng", "radius_miles", "status"];

    fn read(cells: &mut Cells<'_>) -> Option<Self> {
        cells.only("olt", Self::COLUMNS);
        let code = cells.required("id", parse_value::code);
        let name = cells.required("name", parse_value::text);
        let region = cells.required("region", parse_value::text);
        let latitude = cells.required("lat", parse_value::number(-90.0, 90.0));
        let longitude = cells.required("lng", parse_value::number(-180.0, 180.0));
        let radius_miles = cells.required("radius_miles", parse_value::number(0.0, MOST_MILES));
        let status = cells.optional("status", parse_value::stage).unwrap_or(Stage::Active);
        let point = Point::new(latitude?, longitude?)?;
        Some(Self { code: code?, name: name?, region: region?, point, radius_miles: radius_miles?, status })
    }

    /// A new OLT.
    pub fn model(self, (organization, now): Made) -> olt::Model {
        olt::Model {
            id: OltId::new(),
            organization_id: organization,
            code: self.code,
            name: self.name,
            region: self.region,
            latitude: self.point.latitude(),
            longitude: self.point.longitude(),
            radius_miles: self.radius_miles,
            status: self.status,
            created_at: now,
            updated_at: now,
        }
    }
}

/// An area with the ZIP codes of the row.
pub(super) struct AreaRow {
    name: String,
    city: String,
    state: String,
    zips: Vec<String>,
    pub olt: String,
    region: Option<String>,
    point: Option<Point>,
    plans: PlanCodes,
    install_days: i32,
    status: Stage,
    reason: Option<String>,
}

impl AreaRow {
    const COLUMNS: &[&str] = &[
        "kind",
        "name",
        "city",
        "state",
        "zip",
        "olt",
        "region",
        "lat",
        "lng",
        "plans",
        "install_days",
        "status",
        "reason",
    ];

    fn read(cells: &mut Cells<'_>) -> Option<Self> {
        cells.only("area", Self::COLUMNS);
        if cells.text("city").is_none() && cells.text("zip").is_none() {
            cells.fault("city", "is required without a zip");
        }
        let name = cells.required("name", parse_value::text);
        let city = cells.optional("city", parse_value::text).unwrap_or_default();
        let state = cells.required("state", parse_value::state);
        let zips = cells.optional("zip", parse_value::zips).unwrap_or_else(|| vec![String::new()]);
        let olt = cells.required("olt", parse_value::code);
        let region = cells.optional("region", parse_value::text);
        let point = point(cells);
        let plans = cells.optional("plans", parse_value::plans(cells.plans)).unwrap_or_default();
        let install_days = cells.optional("install_days", parse_value::days).unwrap_or(INSTALL_DAYS);
        let status = cells.optional("status", parse_value::stage).unwrap_or(Stage::Active);
        let reason = cells.optional("reason", parse_value::text);
        let (name, state, olt) = (name?, state?, olt?);
        Some(Self { name, city, state, zips, olt, region, point, plans, install_days, status, reason })
    }

    /// New areas, one per ZIP code.
    pub fn models(self, olt: FoundOlt<'_>, (organization, now): Made) -> Vec<service_area::Model> {
        let region = self.region.unwrap_or_else(|| olt.region.to_owned());
        let area = |zip| service_area::Model {
            id: ServiceAreaId::new(),
            organization_id: organization,
            name: self.name.clone(),
            city: self.city.clone(),
            city_key: city_key(&self.city),
            state: self.state.clone(),
            zip,
            latitude: self.point.map(Point::latitude),
            longitude: self.point.map(Point::longitude),
            region: region.clone(),
            olt_id: olt.id,
            plans: self.plans.clone(),
            install_days: self.install_days,
            status: self.status,
            reason: self.reason.clone(),
            created_at: now,
            updated_at: now,
        };
        self.zips.iter().cloned().map(area).collect()
    }
}

/// The location of an area: both coordinates, or neither.
fn point(cells: &mut Cells<'_>) -> Option<Point> {
    for (given, lacking) in [("lat", "lng"), ("lng", "lat")] {
        if cells.text(given).is_some() && cells.text(lacking).is_none() {
            cells.fault(lacking, format!("is required with {given}"));
        }
    }
    let latitude = cells.optional("lat", parse_value::number(-90.0, 90.0));
    let longitude = cells.optional("lng", parse_value::number(-180.0, 180.0));
    Point::new(latitude?, longitude?)
}

/// An ONT.
pub(super) struct OntRow {
    code: String,
    pub olt: String,
    serial: String,
    status: OntStatus,
}

impl OntRow {
    const COLUMNS: &[&str] = &["kind", "id", "olt", "serial", "status"];

    fn read(cells: &mut Cells<'_>) -> Option<Self> {
        cells.only("ont", Self::COLUMNS);
        let code = cells.required("id", parse_value::code);
        let olt = cells.required("olt", parse_value::code);
        let serial = cells.required("serial", parse_value::code);
        let status = cells.optional("status", parse_value::ont_status).unwrap_or(OntStatus::Available);
        Some(Self { code: code?, olt: olt?, serial: serial?, status })
    }

    /// A new, available ONT.
    pub fn model(self, olt: OltId, (organization, now): Made) -> ont::Model {
        ont::Model {
            id: OntId::new(),
            organization_id: organization,
            olt_id: olt,
            code: self.code,
            serial: self.serial,
            status: self.status,
            owner_id: None,
            assigned_at: None,
            created_at: now,
            updated_at: now,
        }
    }
}
