//! Files of rows that are imported: CSV with a header, or NDJSON. Every importer reads them by these rules:
//!
//! - The text is UTF-8, with or without a byte order mark. Other encodings are refused by name.
//! - CSV is that of RFC 4180. The separator is detected from the header, or declared by a first line `sep=;`.
//! - Rows without any text are skipped, as blank lines are. Cells are without the whitespace around them.
//! - A row has an index, for programs, and the line of the file that it begins at, for people.
//!
//! A file is read as a stream. In memory are one row, and 64 KiB that are read ahead.

mod columns;
mod csv;
mod encoding;
mod json_form;
mod ndjson;
mod rename;
mod separator;

pub use self::csv::{CsvReader, Record};
pub use columns::match_header;
pub use ndjson::NdjsonReader;
pub use rename::{ColumnName, RenamedHeader, rename_header, renamed};

use crate::error::Fault;
use std::{fmt, io};

/// Bytes of a row at most. A quote that is not closed makes the rest of a file one row.
pub const MAX_ROW_BYTES: usize = 1 << 20;

/// Bytes that are read at once.
const BUFFER: usize = 64 << 10;

/// Why a text with the character NUL is refused: PostgreSQL cannot store it.
pub const NUL: &str = "must not contain the character NUL";

/// Where a row is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Position {
    /// Its index, from 0. Rows without any text have none.
    pub row: u64,
    /// The line of the file that it begins at, from 1.
    pub line: u64,
}

impl Position {
    /// A fault of this row.
    pub fn fault(self, field: impl Into<String>, message: impl Into<String>) -> Fault {
        Fault { row: Some(self.row), line: Some(self.line), ..Fault::at(field, message) }
    }
}

/// What a reader came to.
#[derive(Debug, PartialEq, Eq)]
pub enum Row {
    /// A row of the right form.
    Valid,
    /// A row that has not the form; the next can be read.
    Invalid(Fault),
    /// No further row.
    End,
}

/// Why nothing more can be read from a file.
#[derive(Debug)]
pub enum ReadError {
    /// The file could not be read.
    Io(io::Error),
    /// The file is not one of rows, or goes on with a row that is too long.
    Invalid(Fault),
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Invalid(fault) => fault.fmt(f),
        }
    }
}

impl std::error::Error for ReadError {}

/// An error of the file as a whole.
fn invalid_file(message: impl Into<String>) -> ReadError {
    ReadError::Invalid(Fault::at("", message))
}
