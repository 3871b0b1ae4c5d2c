//! The file: its header, and its rows some at a time.

use super::cells;
use anyhow::Context;
use csv::{ErrorKind, Reader, ReaderBuilder, StringRecord};
use kernel::{
    Work,
    bounded::Bounded,
    domain::usage::{self, Day},
    error::Fault,
};
use std::{fs::File, io, path::Path};

/// What a file can tell; the first ones it has to.
pub(super) const COLUMNS: [&str; 11] = [
    "customer",
    "day",
    "downloadBytes",
    "uploadBytes",
    "peakDownloadMbps",
    "peakUploadMbps",
    "averageDownloadMbps",
    "averageUploadMbps",
    "sessions",
    "sessionSeconds",
    "outageMinutes",
];

/// How many of the columns every file has to have.
const REQUIRED: usize = 4;

/// A row longer than this is none: a quote is not closed.
const LONGEST: usize = 4096;

/// Bytes of a row, and of what is read ahead, after which there is no use in reading on.
const ENDLESS: u64 = 1 << 20;

/// The rows of a file.
pub(super) struct Rows {
    reader: Reader<Bounded<File>>,
    width: usize,
    places: Places,
}

/// Where in a row each of the columns is.
type Places = [Option<usize>; COLUMNS.len()];

/// Some rows, each with its line in the file, or with what makes it unreadable.
pub(super) struct Batch {
    records: Vec<(u64, Result<StringRecord, &'static str>)>,
    places: Places,
}

impl Rows {
    /// Reads the header; fails on columns that are unknown, missing or there twice.
    pub(super) fn open(file: &Path) -> anyhow::Result<Self> {
        let file = Bounded::new(File::open(file)?, ENDLESS);
        let mut reader = ReaderBuilder::new().flexible(true).from_reader(file);
        let header = reader.headers()?;
        let (width, places) = (header.len(), places(header)?);
        Ok(Self { reader, width, places })
    }

    /// The next rows, at most `limit`; none at the end.
    pub(super) fn next(&mut self, limit: usize) -> anyhow::Result<Option<Batch>> {
        let (mut records, mut record) = (vec![], StringRecord::new());
        while records.len() < limit {
            let (line, byte) = (self.reader.position().line(), self.reader.position().byte());
            self.reader.get_mut().row_begins(byte);
            match self.reader.read_record(&mut record) {
                Ok(false) => break,
                Ok(true) => {
                    let line = record.position().map_or(line, csv::Position::line);
                    records.push((line, self.sound(&record).map(|()| record.clone())));
                }
                Err(error) if matches!(error.kind(), ErrorKind::Utf8 { .. }) => {
                    records.push((line, Err("is not UTF-8")));
                }
                Err(error) if is_endless(&error) => {
                    anyhow::bail!("line {line} is longer than {ENDLESS} bytes; is a quote not closed?")
                }
                Err(error) => return Err(error.into()),
            }
        }
        let batch = Batch { records, places: self.places };
        Ok((!batch.records.is_empty()).then_some(batch))
    }

    fn sound(&self, record: &StringRecord) -> Result<(), &'static str> {
        match record.as_slice() {
            text if text.len() > LONGEST => Err("is too long; is a quote not closed?"),
            text if text.contains('\0') => Err("holds a NUL"),
            _ if record.len() != self.width => Err("has not as many cells as the header"),
            _ => Ok(()),
        }
    }
}

/// Whether a row was given up for its length.
fn is_endless(error: &csv::Error) -> bool {
    matches!(error.kind(), ErrorKind::Io(error) if error.kind() == io::ErrorKind::FileTooLarge)
}

fn places(header: &StringRecord) -> anyhow::Result<Places> {
    let header: Vec<_> = header.iter().map(|name| name.trim_start_matches('\u{feff}').trim()).collect();
    if let Some(unknown) = header.iter().find(|name| !COLUMNS.contains(name)) {
        anyhow::bail!("there is no column `{unknown}`; there are {}", COLUMNS.join(", "));
    }
    let place = |name: &str| header.iter().position(|it| *it == name);
    let twice = header.iter().enumerate().find(|(number, name)| place(name) != Some(*number));
    anyhow::ensure!(twice.is_none(), "the column `{}` is there twice", twice.map_or("", |(_, name)| name));
    let places = COLUMNS.map(place);
    let missing = COLUMNS.iter().zip(places).take(REQUIRED).find(|(_, place)| place.is_none());
    missing.map_or(Ok(places), |(name, _)| anyhow::bail!("the column `{name}` is missing"))
}

impl Batch {
    /// How many rows.
    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    /// The rows as days of customers, who are looked up in one statement; or what is wrong with each.
    pub(super) async fn days(&self, work: &Work) -> anyhow::Result<Vec<(u64, Result<Day, Vec<Fault>>)>> {
        let readable = self.records.iter().filter_map(|(_, record)| record.as_ref().ok());
        let names = readable.map(|record| self.cell(record, 0));
        let found = usage::named(&work.kernel, work.actor.organization, names).await;
        let found = found.context("cannot look the customers up")?;
        let day = |(line, record): &(u64, Result<StringRecord, &str>)| match record {
            Err(flaw) => (*line, Err(vec![Fault::field("the row", *flaw)])),
            Ok(record) => {
                let customer = found.get(self.cell(record, 0)).copied();
                (*line, cells::day(customer, |column| self.cell(record, column)))
            }
        };
        Ok(self.records.iter().map(day).collect())
    }

    fn cell<'a>(&self, record: &'a StringRecord, column: usize) -> &'a str {
        self.places[column].and_then(|place| record.get(place)).unwrap_or_default().trim()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_names_every_column_once() {
        let places = |header: &[&str]| places(&StringRecord::from(header));
        let good = places(&["day", "customer", "uploadBytes", "downloadBytes", "sessions"]).unwrap();
        assert_eq!(good[..4], [Some(1), Some(0), Some(3), Some(2)]);
        assert_eq!((good[4], good[8]), (None, Some(4)));
        for (header, reason) in [
            (&["customer", "day", "downloadBytes"][..], "`uploadBytes` is missing"),
            (&["customer", "day", "downloadBytes", "uploadBytes", "day"], "`day` is there twice"),
            (&["customer", "date"], "no column `date`"),
        ] {
            let refused = places(header).unwrap_err().to_string();
            assert!(refused.contains(reason), "{refused}");
        }
    }
}
