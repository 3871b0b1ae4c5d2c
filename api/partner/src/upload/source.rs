//! The rows of a spooled file as objects, in either format.

use super::{
    Format,
    body::{Spooled, spool_failed},
    columns::Columns,
};
use edge::schema::Schema;
use platform::{
    Error,
    error::Faults,
    import_file::{CsvReader, NdjsonReader, Position, ReadError, Row},
};
use serde_json::Value;
use std::{
    fs::File,
    io::{self, Seek},
};

/// Reads the rows of a file.
pub enum Rows {
    /// CSV, with the columns of its header.
    Csv(Box<CsvReader<File>>, Columns),
    /// One object per line.
    Ndjson(NdjsonReader<File>),
}

impl Rows {
    /// Reads the beginning of the file, noting what is wrong with it. `None` if nothing more can be read.
    pub fn open(spooled: &Spooled, schema: &Schema, faults: &mut Faults) -> Result<Option<Self>, Error> {
        let file = rewound(&spooled.file).map_err(|error| spool_failed(&error))?;
        let opened = match spooled.format {
            Format::Csv => CsvReader::open(file).map(|reader| {
                let columns = Columns::read(reader.header(), schema, faults);
                Self::Csv(Box::new(reader), columns)
            }),
            Format::Ndjson => NdjsonReader::open(file).map(Self::Ndjson),
        };
        readable(opened, faults)
    }

    /// Goes on to the next row, noting what is wrong with its form. `None` if nothing more can be read.
    pub fn next_row(&mut self, faults: &mut Faults) -> Result<Option<Row>, Error> {
        let next = match self {
            Self::Csv(reader, _) => reader.next_row(),
            Self::Ndjson(reader) => reader.next_row(),
        };
        let next = readable(next, faults)?;
        if let Some(Row::Invalid(fault)) = &next {
            faults.push(fault.clone());
        }
        Ok(next)
    }

    /// Where the current row is.
    pub fn position(&self) -> Position {
        match self {
            Self::Csv(reader, _) => reader.position(),
            Self::Ndjson(reader) => reader.position(),
        }
    }

    /// The current row as the object that it stands for, or why it is none.
    pub fn value(&self) -> Result<Value, String> {
        match self {
            Self::Csv(reader, columns) => Ok(columns.object(reader.record())),
            Self::Ndjson(reader) => reader.value(),
        }
    }
}

/// What was read, or `None` with a fault of the file noted.
fn readable<T>(read: Result<T, ReadError>, faults: &mut Faults) -> Result<Option<T>, Error> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(ReadError::Io(error)) => Err(spool_failed(&error)),
        Err(ReadError::Invalid(fault)) => {
            faults.push(fault);
            Ok(None)
        }
    }
}

fn rewound(file: &File) -> io::Result<File> {
    let mut file = file.try_clone()?;
    file.rewind()?;
    Ok(file)
}
