//! Rows of NDJSON: an object a line.

use super::{
    LARGEST_ROW,
    body::spool_failed,
    form::Form,
    rows::{Flaw, Row, Rows},
};
use kernel::Error;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::io::{BufRead, Read};

/// The rows of an NDJSON file. Lines without anything are passed over.
pub struct NdjsonRows<R> {
    reader: R,
    line: Vec<u8>,
    offset: u64,
}

impl<R: BufRead> NdjsonRows<R> {
    /// From the beginning of the file.
    pub const fn open(file: R) -> Self {
        Self { reader: file, line: vec![], offset: 0 }
    }

    /// The next line that has something in it; false at the end.
    fn next_line(&mut self) -> Result<bool, Error> {
        loop {
            self.offset += self.line.len() as u64;
            self.line.clear();
            let mut bounded = (&mut self.reader).take(LARGEST_ROW + 1);
            let read = bounded.read_until(b'\n', &mut self.line);
            match read.map_err(|error| spool_failed(&error))? {
                0 => return Ok(false),
                _ if !self.line.trim_ascii().is_empty() => return Ok(true),
                _ => {}
            }
        }
    }

    /// What is wrong with the form of the line.
    fn flaw(&self) -> Option<Flaw> {
        if self.line.len() as u64 > LARGEST_ROW {
            return Some(Flaw::OfFile(format!("the line is longer than {LARGEST_ROW} bytes")));
        }
        let text = match std::str::from_utf8(&self.line) {
            Ok(text) => text,
            Err(error) => {
                let byte = self.offset + error.valid_up_to() as u64;
                return Some(Flaw::OfRow(format!("is not UTF-8, at byte {byte}")));
            }
        };
        if !text.trim_start().starts_with('{') {
            return Some(Flaw::OfRow("is not a JSON object".into()));
        }
        form(text).err().map(Flaw::OfRow)
    }
}

/// Checks the form without building the value, where no escape can hide something in it.
fn form(text: &str) -> Result<(), String> {
    if !text.contains("\\u") {
        return serde_json::from_str::<IgnoredAny>(text).map(drop).map_err(|error| not_json(&error));
    }
    let form: Form = serde_json::from_str(text).map_err(|error| not_json(&error))?;
    if form.has_nul { Err(crate::schema::NUL.into()) } else { Ok(()) }
}

fn not_json(error: &serde_json::Error) -> String {
    format!("is not valid JSON: {error}")
}

impl<R: BufRead + Send> Rows for NdjsonRows<R> {
    fn advance(&mut self) -> Result<Row, Error> {
        if !self.next_line()? {
            return Ok(Row::End);
        }
        Ok(self.flaw().map_or(Row::Next, Row::Flawed))
    }

    fn value(&self) -> Result<Value, String> {
        // Numbers out of range are the last thing that the check of the form passes over.
        serde_json::from_slice(&self.line).map_err(|error| not_json(&error))
    }
}
