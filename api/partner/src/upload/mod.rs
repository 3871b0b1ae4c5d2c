//! Uploaded files of rows: spooled to disk, validated completely, then read again row by row. Memory holds one row, and
//! 16 bytes per e-mail address; the importer keeps one chunk.

mod body;
mod columns;
mod rows;
mod seen;
mod source;

pub use body::{CSV_TEMPLATE, FileBody, NDJSON_TEMPLATE};
pub use rows::Upload;

/// The format of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values with a header.
    Csv,
    /// One JSON object per line.
    Ndjson,
}

impl Format {
    /// The format of a file whose media type does not tell: NDJSON begins with `{`, which no column name does.
    const fn of_first_byte(first: Option<u8>) -> Self {
        if let Some(b'{') = first { Self::Ndjson } else { Self::Csv }
    }
}
