//! Reads NDJSON: one object per line.

use super::{
    MAX_ROW_BYTES, NUL, Position, ReadError, Row,
    encoding::{self, SAVE, Text},
    json_form::Form,
};
use crate::json;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::io::{BufRead, Read};

/// Reads an NDJSON file line by line.
pub struct NdjsonReader<R> {
    text: Text<R>,
    line: Vec<u8>,
    /// The start of the line, in bytes.
    begin: u64,
    position: Position,
    rows: u64,
}

impl<R: Read> NdjsonReader<R> {
    /// Reads the beginning of the file.
    pub fn open(file: R) -> Result<Self, ReadError> {
        let (text, mark) = encoding::open(file)?;
        Ok(Self { text, line: vec![], begin: mark as u64, position: Position::default(), rows: 0 })
    }

    /// Advances to the next line with text.
    pub fn next_row(&mut self) -> Result<Row, ReadError> {
        if !self.read_line()? {
            return Ok(Row::End);
        }
        if self.line.len() > MAX_ROW_BYTES {
            let message = format!("the line is longer than {MAX_ROW_BYTES} bytes");
            return Err(ReadError::Invalid(self.position.fault("", message)));
        }
        Ok(self.error().map_or(Row::Valid, |message| Row::Invalid(self.position.fault("", message))))
    }

    /// The position of the current row.
    pub const fn position(&self) -> Position {
        self.position
    }

    /// The current row, or its fault.
    pub fn value(&self) -> Result<Value, String> {
        // The validation does not detect numbers out of range.
        serde_json::from_slice(&self.line).map_err(|error| match json::number_out_of_range(&self.line) {
            Some(path) => format!("{} {}", path.join("."), json::OUT_OF_RANGE),
            None => not_json(&error),
        })
    }

    /// Reads the next line with text; false at the end.
    fn read_line(&mut self) -> Result<bool, ReadError> {
        loop {
            self.begin += self.line.len() as u64;
            self.line.clear();
            let mut bounded = (&mut self.text).take(MAX_ROW_BYTES as u64 + 1);
            if bounded.read_until(b'\n', &mut self.line)? == 0 {
                return Ok(false);
            }
            self.position.line += 1;
            if !self.line.trim_ascii().is_empty() {
                self.position.row = self.rows;
                self.rows += 1;
                return Ok(true);
            }
        }
    }

    /// The fault of the line, if it is malformed.
    fn error(&self) -> Option<String> {
        let text = match std::str::from_utf8(&self.line) {
            Ok(text) => text.trim_end(),
            Err(error) => {
                let byte = self.begin + error.valid_up_to() as u64;
                return Some(format!("is not UTF-8, at byte {byte}; if the file is Windows-1252, {SAVE}"));
            }
        };
        if !text.trim_start().starts_with('{') {
            return Some("is not a JSON object".into());
        }
        check(text).err()
    }
}

/// Validates without building the value, if no escape can hide a NUL.
fn check(text: &str) -> Result<(), String> {
    if !text.contains("\\u") {
        return serde_json::from_str::<IgnoredAny>(text).map(drop).map_err(|error| not_json(&error));
    }
    let form: Form = serde_json::from_str(text).map_err(|error| not_json(&error))?;
    if form.has_nul { Err(NUL.into()) } else { Ok(()) }
}

/// Adds the position in the line: the parser sees only one line.
fn not_json(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
    format!("is not valid JSON: {message}, at column {}", error.column())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &[u8]) -> Vec<(u64, u64, Result<Value, String>)> {
        let mut reader = NdjsonReader::open(text).unwrap();
        let mut rows = vec![];
        loop {
            let read = match reader.next_row().unwrap() {
                Row::End => return rows,
                Row::Valid => reader.value(),
                Row::Invalid(fault) => Err(fault.message),
            };
            let Position { row, line } = reader.position();
            rows.push((row, line, read));
        }
    }

    #[test]
    fn a_mark_and_blank_lines_are_skipped() {
        let read = rows("\u{feff}\r\n{\"a\":1}\r\n \t\n\n {\"a\":2}".as_bytes());
        assert_eq!(
            read,
            [(0, 2, Ok(serde_json::json!({ "a": 1 }))), (1, 5, Ok(serde_json::json!({ "a": 2 })))]
        );
    }

    #[test]
    fn a_fault_names_its_place() {
        let read = rows(b"\xef\xbb\xbf{}\n\n{\"a\":\n[]\n{\"a\":\"\xff\"}\n{\"a\":1e999}");
        let messages: Vec<_> =
            read.into_iter().map(|(row, line, read)| (row, line, read.err().unwrap_or_default())).collect();
        assert_eq!(messages[1], (1, 3, "is not valid JSON: EOF while parsing a value, at column 5".into()));
        assert_eq!(messages[2], (2, 4, "is not a JSON object".into()));
        assert!(messages[3].2.starts_with("is not UTF-8, at byte 22"), "{messages:?}");
        assert_eq!(messages[4].2, format!("a {}", json::OUT_OF_RANGE));
    }
}
