//! Reads the file: its header, and its rows in batches.

use super::cells::{self, COLUMNS};
use crate::import_file;
use anyhow::Context;
use csv::StringRecord;
use isp::usage::{self, Day};
use kernel::UnitOfWork;
use platform::{
    error::{Fault, Faults},
    import_file::{ColumnName, CsvReader, Position, Row, match_header, renamed},
};
use std::{io::Read, path::Path};

/// The number of required columns.
const REQUIRED: usize = 4;

/// The template, with the customers of `switchyard import --template`.
pub(super) const TEMPLATE: &str = "\
customer,day,downloadBytes,uploadBytes,peakDownloadMbps,peakUploadMbps,averageDownloadMbps,averageUploadMbps,sessions,sessionSeconds,outageMinutes
john@example.com,2026-10-30,8400000000,1200000000,485,478,125.3,45.2,42,51000,0
jane@example.com,2026-10-31,7900000000,1100000000,,,,,,,15
";

/// The rows of a file.
pub(super) struct Rows {
    reader: CsvReader<Box<dyn Read + Send>>,
    places: Places,
}

/// The place of each column in a row.
type Places = [Option<usize>; COLUMNS.len()];

/// A batch of rows, each with its position in the file, or malformed.
pub(super) struct Batch {
    records: Vec<(Position, Result<StringRecord, Fault>)>,
    places: Places,
}

/// A row's position in the file and its day, or its faults.
pub(super) type DayRow = (Position, Result<Day, Vec<Fault>>);

/// Maximum number of rows of a batch.
const BATCH: usize = 5000;

/// Bytes of text and cell offsets after which a batch ends.
const BATCH_BYTES: usize = 4 << 20;

impl Rows {
    /// Reads the header, with these columns renamed; fails on unknown, missing and duplicate columns.
    pub(super) fn open(file: &Path, names: &[ColumnName]) -> anyhow::Result<Self> {
        let file = renamed(import_file::open(file)?, names)?;
        let reader = CsvReader::open(Box::new(file) as Box<dyn Read + Send>)?;
        let places = places(reader.header())?;
        Ok(Self { reader, places })
    }

    /// The next batch; `None` at the end.
    pub(super) fn next(&mut self) -> anyhow::Result<Option<Batch>> {
        let (mut records, mut bytes) = (vec![], 0);
        while records.len() < BATCH && bytes < BATCH_BYTES {
            let record = match self.reader.next_row()? {
                Row::End => break,
                Row::Valid => Ok(self.reader.record().iter().collect::<StringRecord>()),
                Row::Invalid(fault) => Err(fault),
            };
            bytes += record.as_ref().map_or(0, size);
            records.push((self.reader.position(), record));
        }
        let batch = Batch { records, places: self.places };
        Ok((!batch.records.is_empty()).then_some(batch))
    }
}

/// The size of a row in bytes: its text and the end of each cell.
fn size(record: &StringRecord) -> usize {
    record.as_slice().len() + record.len() * size_of::<usize>()
}

fn places(header: &[String]) -> anyhow::Result<Places> {
    let find = |name: &str| COLUMNS.iter().find(|column| column.eq_ignore_ascii_case(name));
    let required = COLUMNS[..REQUIRED].iter().map(|column| (*column).to_owned()).collect::<Vec<_>>();
    let mut faults = Faults::default();
    let columns =
        match_header(header, |name| find(name).map(|name| (*name).to_owned()), &required, &mut faults);
    if !faults.is_empty() {
        let faults: Vec<_> = faults.into_listed().iter().map(Fault::to_string).collect();
        anyhow::bail!("{}; the columns are {}", faults.join("; "), COLUMNS.join(", "));
    }
    Ok(COLUMNS.map(|name| columns.iter().position(|column| column.as_deref() == Some(name))))
}

impl Batch {
    /// The number of rows.
    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    /// The rows as days of customers, which are looked up in one statement, or the faults of each.
    pub(super) async fn days(&self, work: &UnitOfWork) -> anyhow::Result<Vec<DayRow>> {
        let readable = self.records.iter().filter_map(|(_, record)| record.as_ref().ok());
        let names = readable.map(|record| self.cell(record, 0));
        let found = usage::named(&work.kernel, work.actor.organization, names).await;
        let found = found.context("cannot look up the customers")?;
        let day = |(at, record): &(Position, Result<StringRecord, Fault>)| match record {
            Err(fault) => (*at, Err(vec![fault.clone()])),
            Ok(record) => {
                let customer = found.get(self.cell(record, 0)).copied();
                (*at, cells::day(customer, |column| self.cell(record, column)))
            }
        };
        Ok(self.records.iter().map(day).collect())
    }

    fn cell<'a>(&self, record: &'a StringRecord, column: usize) -> &'a str {
        self.places[column].and_then(|location| record.get(location)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_names_every_column_once() {
        let places =
            |header: &[&str]| places(&header.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        let good = places(&["day", "customer", "uploadbytes", "DownloadBytes", "sessions"]).unwrap();
        assert_eq!(good[..4], [Some(1), Some(0), Some(3), Some(2)]);
        assert_eq!((good[4], good[8]), (None, Some(4)));
        for (header, reason) in [
            (
                &["customer", "day", "downloadBytes"][..],
                "uploadBytes: this column is missing; the columns are",
            ),
            (&["customer", "day", "downloadBytes", "uploadBytes", "day"], "day: duplicate column"),
            (&["customer", "date"], "date: unknown column"),
        ] {
            let refused = places(header).unwrap_err().to_string();
            assert!(refused.contains(reason), "{refused}");
        }
    }
}
