//! Imports an organization's coverage from a CSV file with one row per OLT, area and ONT, all or nothing. Importing the
//! same file again changes nothing; records that are not in the file stay unchanged.

mod cell;
mod csv_rows;
mod diff;
mod parse_value;
mod record;
mod write;

use crate::plans;
use csv_rows::{CsvRows, Located};
use diff::{Diff, diff};
use entities::{
    ids::{OltId, OrganizationId},
    olt, ont, organization, service_area,
};
use kernel::UnitOfWork;
use platform::{
    error::{Faults, Result},
    import_file::REJECTED,
};
use sea_orm::{DatabaseTransaction, EntityTrait, QuerySelect, sea_query::LockType};
use std::{
    collections::{HashMap, HashSet},
    io::Read,
};

/// The result for the records of a kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// New records.
    pub added: u64,
    /// Changed records.
    pub changed: u64,
    /// Unchanged records.
    pub same: u64,
}

/// The result of an import.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    /// OLTs.
    pub olts: Counts,
    /// Areas, one per ZIP code.
    pub areas: Counts,
    /// ONTs.
    pub onts: Counts,
}

/// Imports the file into the actor's organization, and records `olt.created`, `olt.updated` and so on for
/// `service_area` and `ont`. An invalid file is rejected as a whole, with the first hundred faults by row and column.
pub async fn import(work: &UnitOfWork, file: impl Read) -> Result<Imported> {
    let (organization, now) = (work.actor.organization, work.now());
    let mut faults = Faults::default();
    let transaction = work.transaction().await?;
    let plans = plans::offered(&transaction, organization).await?;
    let codes: Vec<_> = plans.into_iter().map(|plan| plan.code).collect();
    let csv_rows = csv_rows::read(file, &codes, &mut faults)?;
    // One import of an organization at a time: what is compared below nobody else changes, but for the ONTs that
    // are being given out.
    let organization_row = organization::Entity::find_by_id(organization).lock(LockType::NoKeyUpdate);
    organization_row.one(&transaction).await?;
    let known = Existing::load(&transaction, organization).await?;
    let Changes { olts, areas, onts } = known.diff(csv_rows, (organization, now), &mut faults);
    if !faults.is_empty() {
        faults.sort_by_row();
        return Err(faults.into_error(REJECTED));
    }
    Ok(Imported {
        olts: write::write(work, olts).await?,
        areas: write::write(work, areas).await?,
        onts: write::write(work, onts).await?,
    })
}

/// The existing records.
struct Existing {
    olts: Vec<olt::Model>,
    areas: Vec<service_area::Model>,
    onts: Vec<ont::Model>,
}

/// The changes.
struct Changes {
    olts: Diff<olt::Model>,
    areas: Diff<service_area::Model>,
    onts: Diff<ont::Model>,
}

impl Existing {
    async fn load(db: &DatabaseTransaction, organization: OrganizationId) -> Result<Self> {
        Ok(Self {
            olts: olt::Entity::of(organization).all(db).await?,
            areas: service_area::Entity::of(organization).all(db).await?,
            onts: ont::Entity::of(organization).all(db).await?,
        })
    }

    fn diff(self, csv_rows: CsvRows, made: record::Made, faults: &mut Faults) -> Changes {
        let olts =
            csv_rows.olts.into_iter().map(|Located { at, value }| Located { at, value: value.model(made) });
        let olts = diff(self.olts, olts, faults);
        let codes = Codes::of(&olts, &csv_rows.codes);
        let areas = codes.resolve(csv_rows.areas, |row| &row.olt, |row, olt| row.models(olt, made), faults);
        let terminals =
            codes.resolve(csv_rows.onts, |row| &row.olt, |row, olt| vec![row.model(olt.id, made)], faults);
        serials(&self.onts, &terminals, faults);
        let areas = diff(self.areas, areas.into_iter(), faults);
        let terminals = diff(self.onts, terminals.into_iter(), faults);
        Changes { olts, areas, onts: terminals }
    }
}

/// The OLTs after the import, by code.
struct Codes<'a> {
    found: HashMap<&'a str, FoundOlt<'a>>,
    /// The codes in the file, valid or not.
    named: &'a HashSet<String>,
}

/// An OLT referenced by a row.
#[derive(Clone, Copy)]
struct FoundOlt<'a> {
    id: OltId,
    region: &'a str,
}

impl<'a> Codes<'a> {
    fn of(olts: &'a Diff<olt::Model>, named: &'a HashSet<String>) -> Self {
        let found = olts.all().map(|olt| (olt.code.as_str(), FoundOlt { id: olt.id, region: &olt.region }));
        Self { found: found.collect(), named }
    }

    /// The records of rows that reference an OLT; adds a fault for unknown ones, unless the OLT's own row is invalid.
    fn resolve<R, T>(
        &self,
        rows: Vec<Located<R>>,
        olt: impl Fn(&R) -> &String,
        models: impl Fn(R, FoundOlt<'a>) -> Vec<T>,
        faults: &mut Faults,
    ) -> Vec<Located<T>> {
        let mut resolved = vec![];
        for Located { at, value } in rows {
            let code = olt(&value);
            if let Some(found) = self.found.get(code.as_str()) {
                resolved.extend(models(value, *found).into_iter().map(|value| Located { at, value }));
            } else if !self.named.contains(code) {
                let message = format!("unknown OLT {code}");
                faults.push(at.fault("olt", message));
            }
        }
        resolved
    }
}

/// Adds faults for serials that two ONTs would have after the import.
fn serials(known: &[ont::Model], wanted: &[Located<ont::Model>], faults: &mut Faults) {
    let mut serials: HashMap<&str, &str> =
        known.iter().map(|ont| (ont.code.as_str(), ont.serial.as_str())).collect();
    serials.extend(wanted.iter().map(|it| (it.value.code.as_str(), it.value.serial.as_str())));
    let mut owners: HashMap<&str, Vec<&str>> = HashMap::new();
    for (code, serial) in serials {
        owners.entry(serial).or_default().push(code);
    }
    for Located { at, value } in wanted {
        let others = owners.get(value.serial.as_str()).into_iter().flatten();
        if let Some(other) = others.filter(|code| **code != value.code).min() {
            let message = format!("is also the serial of the ONT {other}");
            faults.push(at.fault("serial", message));
        }
    }
}
