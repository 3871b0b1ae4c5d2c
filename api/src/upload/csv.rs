//! Rows of CSV.

use super::{
    LARGEST_ROW,
    body::spool_failed,
    columns::Columns,
    faults::Faults,
    rows::{Flaw, Row, Rows},
};
use crate::schema::Schema;
use csv::{ErrorKind, Reader, ReaderBuilder, StringRecord};
use kernel::{Error, bounded::Bounded};
use serde_json::Value;
use std::io::{self, Read};

/// The CSV reader's buffer in bytes: it reads ahead by as much.
const BUFFER: usize = 64 << 10;

/// The rows of a CSV file.
pub struct CsvRows<R> {
    reader: Reader<Bounded<R>>,
    columns: Columns,
    width: usize,
    record: StringRecord,
}

impl<R: Read> CsvRows<R> {
    /// Reads the header, noting what is wrong with it.
    pub fn open(file: R, schema: &Schema, faults: &mut Faults) -> Result<Self, Error> {
        let bounded = Bounded::new(file, LARGEST_ROW + BUFFER as u64);
        let mut builder = ReaderBuilder::new();
        builder.flexible(true).has_headers(false).buffer_capacity(BUFFER);
        let mut reader = builder.from_reader(bounded);
        let mut header = StringRecord::new();
        match reader.read_record(&mut header) {
            Ok(true) => {}
            Ok(false) => faults.note(None, "", "the file is empty"),
            Err(error) => note(faults, flaw(&error)?),
        }
        let columns =
            if header.is_empty() { Columns::none() } else { Columns::read(header.iter(), schema, faults) };
        Ok(Self { reader, columns, width: header.len(), record: StringRecord::new() })
    }
}

fn note(faults: &mut Faults, flaw: Flaw) {
    let (Flaw::OfRow(text) | Flaw::OfFile(text)) = flaw;
    faults.note(None, "", format!("the header is not readable: {text}"));
}

impl<R: Read + Send> Rows for CsvRows<R> {
    fn advance(&mut self) -> Result<Row, Error> {
        let begin = self.reader.position().byte();
        self.reader.get_mut().row_begins(begin);
        match self.reader.read_record(&mut self.record) {
            Ok(false) => Ok(Row::End),
            Ok(true) if self.record.len() != self.width => {
                let message = format!("has {} cells, the header has {}", self.record.len(), self.width);
                Ok(Row::Flawed(Flaw::OfRow(message)))
            }
            Ok(true) if self.record.as_slice().contains('\0') => {
                Ok(Row::Flawed(Flaw::OfRow(crate::schema::NUL.into())))
            }
            Ok(true) => Ok(Row::Next),
            Err(error) => flaw(&error).map(Row::Flawed),
        }
    }

    fn value(&self) -> Result<Value, String> {
        Ok(self.columns.object(self.record.iter()))
    }
}

fn flaw(error: &csv::Error) -> Result<Flaw, Error> {
    match error.kind() {
        ErrorKind::Utf8 { pos, err } => {
            let byte = pos.as_ref().map_or(0, csv::Position::byte);
            let cell = err.field() + 1;
            Ok(Flaw::OfRow(format!("is not UTF-8, in cell {cell} of the row that begins at byte {byte}")))
        }
        ErrorKind::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => Ok(Flaw::OfFile(too_long())),
        ErrorKind::Io(error) => Err(spool_failed(error)),
        _ => Err(Error::internal(format!("spool: {error}"))),
    }
}

fn too_long() -> String {
    format!("the row is longer than {LARGEST_ROW} bytes; is a quote not closed?")
}
