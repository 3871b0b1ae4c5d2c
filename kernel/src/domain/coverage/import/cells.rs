//! The cells of a row, by the names of their columns.

use crate::error::{Fault, Faults};
use csv::StringRecord;

/// The names of the columns.
pub(super) const COLUMNS: &[&str] = &[
    "kind",
    "id",
    "name",
    "region",
    "olt",
    "serial",
    "city",
    "state",
    "zip",
    "lat",
    "lng",
    "radius_miles",
    "tiers",
    "install_days",
    "status",
    "reason",
];

/// Reads the header: for each of its cells its column. Notes unknown columns, and those that are there twice.
pub(super) fn header(record: &StringRecord, faults: &mut Faults) -> Vec<Option<&'static str>> {
    let mut columns = vec![];
    for text in record {
        let name = text.trim().to_lowercase();
        let column = COLUMNS.iter().copied().find(|column| *column == name);
        let message = match column {
            // A spreadsheet may leave columns without a name at the end.
            None if name.is_empty() => None,
            None => Some(format!("there is no such column; there are {}", COLUMNS.join(", "))),
            Some(_) if columns.contains(&column) => Some("this column is there twice".to_owned()),
            Some(_) => None,
        };
        faults.extend(message.map(|message| Fault::field(text.trim(), message)));
        columns.push(column);
    }
    if !columns.contains(&Some("kind")) {
        faults.push(Fault::field("kind", "this column is missing"));
    }
    columns
}

/// The cells of one row, and where its faults are noted.
pub(super) struct Cells<'a> {
    pub row: u64,
    pub header: &'a [Option<&'static str>],
    pub record: &'a StringRecord,
    pub faults: &'a mut Faults,
}

impl<'a> Cells<'a> {
    /// All that are not empty, with their columns; a column without a name is called nothing.
    fn filled(&self) -> impl Iterator<Item = (&'static str, &'a str)> {
        let columns = self.header.iter().map(|column| column.unwrap_or_default());
        columns.zip(self.record.iter().map(str::trim)).filter(|(_, text)| !text.is_empty())
    }

    /// Whether the row is empty, as the last ones of a spreadsheet may be.
    pub fn is_empty(&self) -> bool {
        self.filled().next().is_none()
    }

    /// A cell's text; none where it is empty.
    pub fn text(&self, column: &str) -> Option<&'a str> {
        self.filled().find(|(name, _)| *name == column).map(|(_, text)| text)
    }

    /// Notes what is wrong with a cell.
    pub fn fault(&mut self, column: &str, message: impl Into<String>) {
        self.faults.push(Fault { row: Some(self.row), field: column.into(), message: message.into() });
    }

    /// Notes the cells that rows of this kind do not have.
    pub fn only(&mut self, kind: &str, columns: &[&str]) {
        let others: Vec<_> =
            self.filled().map(|(name, _)| name).filter(|name| !columns.contains(name)).collect();
        for name in others {
            self.fault(name, format!("must be empty for an {kind}"));
        }
    }

    /// A cell that has to be there, as `read` takes it.
    pub fn required<T>(&mut self, column: &str, read: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        if self.text(column).is_none() {
            self.fault(column, "is required");
        }
        self.optional(column, read)
    }

    /// A cell that may be empty, as `read` takes it.
    pub fn optional<T>(&mut self, column: &str, read: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let value = read(self.text(column)?);
        value.map_err(|message| self.fault(column, message)).ok()
    }
}
