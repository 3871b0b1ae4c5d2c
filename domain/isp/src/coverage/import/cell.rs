//! The cells of a row, by the names of their columns.

use platform::{
    error::Faults,
    import_file::{Position, Record, match_header},
};

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
    "plans",
    "install_days",
    "status",
    "reason",
];

/// Maps the names of the header to columns.
pub(super) fn header(names: &[String], faults: &mut Faults) -> Vec<Option<&'static str>> {
    let column = |name: &str| COLUMNS.iter().copied().find(|column| column.eq_ignore_ascii_case(name));
    let find = |name: &str| column(name).map(str::to_owned);
    let columns = match_header(names, find, &["kind".to_owned()], faults);
    columns.into_iter().map(|name| column(&name?)).collect()
}

/// The cells of a row, and its faults.
pub(super) struct Cells<'a> {
    pub at: Position,
    pub header: &'a [Option<&'static str>],
    pub record: Record<'a>,
    /// The codes of the plans that there are, from the lowest.
    pub plans: &'a [String],
    pub faults: &'a mut Faults,
}

impl<'a> Cells<'a> {
    /// The non-empty cells with their columns.
    fn filled(&self) -> impl Iterator<Item = (&'static str, &'a str)> {
        let columns = self.header.iter().map(|column| column.unwrap_or_default());
        columns.zip(self.record.iter()).filter(|(_, text)| !text.is_empty())
    }

    /// A cell's text; `None` if empty.
    pub fn text(&self, column: &str) -> Option<&'a str> {
        self.filled().find(|(name, _)| *name == column).map(|(_, text)| text)
    }

    /// Adds a fault of a cell.
    pub fn fault(&mut self, column: &str, message: impl Into<String>) {
        self.faults.push(self.at.fault(column, message));
    }

    /// Adds faults for cells that rows of this kind must not have.
    pub fn only(&mut self, kind: &str, columns: &[&str]) {
        let others: Vec<_> =
            self.filled().map(|(name, _)| name).filter(|name| !columns.contains(name)).collect();
        for name in others {
            self.fault(name, format!("must be empty for an {kind}"));
        }
    }

    /// A required cell, parsed with `read`.
    pub fn required<T>(&mut self, column: &str, read: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        if self.text(column).is_none() {
            self.fault(column, "is required");
        }
        self.optional(column, read)
    }

    /// An optional cell, parsed with `read`.
    pub fn optional<T>(&mut self, column: &str, read: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let value = read(self.text(column)?);
        value.map_err(|message| self.fault(column, message)).ok()
    }
}
