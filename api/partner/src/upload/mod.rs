//! Uploaded files of rows: spooled to disk, checked whole, then read a second time, row by row. Memory holds a row, and
//! 16 bytes for each e-mail address; who reads the rows keeps a chunk of them.

mod body;
mod columns;
mod rows;
mod seen;
mod source;

pub use body::{CSV_TEMPLATE, FileBody, NDJSON_TEMPLATE};
pub use rows::Upload;

/// What a file's rows are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values with a header.
    Csv,
    /// A JSON object a line.
    Ndjson,
}

impl Format {
    /// That of a file whose media type does not say it: rows of NDJSON begin with `{`, as no name of a column does.
    const fn of_first_byte(first: Option<u8>) -> Self {
        if let Some(b'{') = first { Self::Ndjson } else { Self::Csv }
    }
}
