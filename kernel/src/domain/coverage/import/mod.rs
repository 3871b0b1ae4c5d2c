//! What an organization covers, from a file: one CSV with a row for each OLT, area and ONT. All of it goes in, or
//! nothing; the same file again changes nothing. What the file does not name stays as it is.

mod cells;
mod merge;
mod record;
mod sheet;
mod words;
mod write;

use crate::{
    UnitOfWork,
    domain::plans,
    error::{Faults, Result},
};
use entities::{
    ids::{OltId, OrganizationId},
    olt, ont, organization, service_area,
};
use merge::{Merged, merge};
use sea_orm::{DatabaseTransaction, EntityTrait, QuerySelect, sea_query::LockType};
use sheet::{At, Sheet};
use std::{
    collections::{HashMap, HashSet},
    io::Read,
};

/// What became of the rows of a kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// There was no such one.
    pub added: u64,
    /// There was one, but it differed.
    pub changed: u64,
    /// There was one just like it.
    pub same: u64,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    /// Of its OLTs.
    pub olts: Counts,
    /// Of its areas, one a ZIP code.
    pub areas: Counts,
    /// Of its ONTs.
    pub onts: Counts,
}

/// Brings the actor's organization to what the file says, and records `olt.created`, `olt.updated` and so on for
/// `service_area` and `ont`. A file with faults is refused whole: the first hundred are named, by their row and
/// column.
pub async fn import(work: &UnitOfWork, file: impl Read) -> Result<Imported> {
    let (organization, now) = (work.actor.organization, work.now());
    let mut faults = Faults::default();
    let transaction = work.transaction().await?;
    let plans = plans::offered(&transaction, organization).await?;
    let codes: Vec<_> = plans.into_iter().map(|plan| plan.code).collect();
    let sheet = sheet::read(file, &codes, &mut faults)?;
    // One import of an organization at a time: what is compared below nobody else changes, but for the ONTs that
    // are being given out.
    let organization_row = organization::Entity::find_by_id(organization).lock(LockType::NoKeyUpdate);
    organization_row.one(&transaction).await?;
    let known = Known::load(&transaction, organization).await?;
    let Merger { olts, areas, boxes } = known.merged(sheet, (organization, now), &mut faults);
    if !faults.is_empty() {
        faults.sort_by_row();
        return Err(faults.into_error("Invalid file: nothing was written"));
    }
    Ok(Imported {
        olts: write::write(work, olts).await?,
        areas: write::write(work, areas).await?,
        onts: write::write(work, boxes).await?,
    })
}

/// What the organization has.
struct Known {
    olts: Vec<olt::Model>,
    areas: Vec<service_area::Model>,
    boxes: Vec<ont::Model>,
}

/// What it is to have.
struct Merger {
    olts: Merged<olt::Model>,
    areas: Merged<service_area::Model>,
    boxes: Merged<ont::Model>,
}

impl Known {
    async fn load(db: &DatabaseTransaction, organization: OrganizationId) -> Result<Self> {
        Ok(Self {
            olts: olt::Entity::of(organization).all(db).await?,
            areas: service_area::Entity::of(organization).all(db).await?,
            boxes: ont::Entity::of(organization).all(db).await?,
        })
    }

    fn merged(self, sheet: Sheet, made: record::Made, faults: &mut Faults) -> Merger {
        let olts = sheet.olts.into_iter().map(|At { at, value }| At { at, value: value.model(made) });
        let olts = merge(self.olts, olts, faults);
        let codes = Codes::of(&olts, &sheet.codes);
        let areas = codes.resolve(sheet.areas, |row| &row.olt, |row, olt| row.models(olt, made), faults);
        let boxes =
            codes.resolve(sheet.onts, |row| &row.olt, |row, olt| vec![row.model(olt.id, made)], faults);
        serials(&self.boxes, &boxes, faults);
        let areas = merge(self.areas, areas.into_iter(), faults);
        let boxes = merge(self.boxes, boxes.into_iter(), faults);
        Merger { olts, areas, boxes }
    }
}

/// The OLTs that there will be, by code.
struct Codes<'a> {
    found: HashMap<&'a str, FoundOlt<'a>>,
    /// Those in the file, good or not.
    named: &'a HashSet<String>,
}

/// An OLT that a row names.
#[derive(Clone, Copy)]
struct FoundOlt<'a> {
    id: OltId,
    region: &'a str,
}

impl<'a> Codes<'a> {
    fn of(olts: &'a Merged<olt::Model>, named: &'a HashSet<String>) -> Self {
        let found = olts.all().map(|olt| (olt.code.as_str(), FoundOlt { id: olt.id, region: &olt.region }));
        Self { found: found.collect(), named }
    }

    /// The records of rows that name an OLT; notes where there is none. Of one whose own row is bad, that is all
    /// there is to say.
    fn resolve<R, T>(
        &self,
        rows: Vec<At<R>>,
        olt: impl Fn(&R) -> &String,
        models: impl Fn(R, FoundOlt<'a>) -> Vec<T>,
        faults: &mut Faults,
    ) -> Vec<At<T>> {
        let mut resolved = vec![];
        for At { at, value } in rows {
            let code = olt(&value);
            if let Some(found) = self.found.get(code.as_str()) {
                resolved.extend(models(value, *found).into_iter().map(|value| At { at, value }));
            } else if !self.named.contains(code) {
                let message = format!("there is no OLT {code}, neither in the file nor before");
                faults.push(at.fault("olt", message));
            }
        }
        resolved
    }
}

/// Notes serials that two ONTs would have, when all is in.
fn serials(known: &[ont::Model], wanted: &[At<ont::Model>], faults: &mut Faults) {
    let mut serials: HashMap<&str, &str> =
        known.iter().map(|ont| (ont.code.as_str(), ont.serial.as_str())).collect();
    serials.extend(wanted.iter().map(|it| (it.value.code.as_str(), it.value.serial.as_str())));
    let mut owners: HashMap<&str, Vec<&str>> = HashMap::new();
    for (code, serial) in serials {
        owners.entry(serial).or_default().push(code);
    }
    for At { at, value } in wanted {
        let others = owners.get(value.serial.as_str()).into_iter().flatten();
        if let Some(other) = others.filter(|code| **code != value.code).min() {
            let message = format!("is that of the ONT {other} too");
            faults.push(at.fault("serial", message));
        }
    }
}
