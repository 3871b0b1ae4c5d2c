//! Reads import files: CSV with a header, or NDJSON. The rules for all importers:
//!
//! - The text is UTF-8, with or without a byte order mark. Other encodings are rejected by name.
//! - CSV is that of RFC 4180. The separator is detected from the header, or declared by a first line `sep=;`.
//! - Blank rows are skipped, and cells are trimmed.
//! - A row has an index, for programs, and its first line in the file, for people.
//!
//! Files are streams: one row and 64 KiB of read-ahead are in memory.

mod columns;
mod csv;
mod encoding;
mod json_form;
mod ndjson;
mod rename;
mod separator;

pub use self::csv::{CsvReader, Record};
pub use columns::match_header;
pub use encoding::check_encoding;
pub use ndjson::NdjsonReader;
pub use rename::{ColumnName, RenamedHeader, rename_header, renamed};

use crate::error::Fault;
use std::{fmt, io};

/// Maximum size of a row. An unclosed quote makes the rest of a file one row.
pub const MAX_ROW_BYTES: usize = 1 << 20;

/// Buffer size.
const BUFFER: usize = 64 << 10;

/// The message of a file that is rejected as a whole for its rows.
pub const REJECTED: &str = "Invalid file: nothing was imported";

/// The message for a text with NUL, which PostgreSQL cannot store.
pub const NUL: &str = "must not contain the character NUL";

/// The position of a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Position {
    /// Its index, from 0, not counting blank rows.
    pub row: u64,
    /// Its first line in the file, from 1.
    pub line: u64,
}

impl Position {
    /// Creates a fault of this row.
    pub fn fault(self, field: impl Into<String>, message: impl Into<String>) -> Fault {
        Fault { row: Some(self.row), line: Some(self.line), ..Fault::at(field, message) }
    }
}

/// A reader's result.
#[derive(Debug, PartialEq, Eq)]
pub enum Row {
    /// A well-formed row.
    Valid,
    /// A malformed row; the next can be read.
    Invalid(Fault),
    /// No further row.
    End,
}

/// Why reading a file failed.
#[derive(Debug)]
pub enum ReadError {
    /// An I/O error.
    Io(io::Error),
    /// The file has another format, or a row is too long.
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

/// An error of the whole file.
fn invalid_file(message: impl Into<String>) -> ReadError {
    ReadError::Invalid(Fault::at("", message))
}
