//! Reads CSV.

mod split;

use super::{
    MAX_ROW_BYTES, NUL, Position, ReadError, Row,
    encoding::{self, SAVE, Text},
    invalid_file, separator,
};
use split::Splitter;
use std::io::{BufRead, Read};

/// Maximum number of columns.
const MAX_COLUMNS: usize = 1000;

/// Reads the rows of a CSV file after its header.
pub struct CsvReader<R> {
    text: Text<R>,
    splitter: Splitter,
    separator: u8,
    declaration: bool,
    header: Vec<String>,
    /// Whether a column has no name, up to the last one without.
    unnamed: Vec<bool>,
    /// The texts of the row's cells, concatenated.
    decoded: String,
    position: Position,
    /// The number of rows read.
    rows: u64,
    /// Bytes read, in total and before this record.
    bytes: u64,
    begin: u64,
    /// Line breaks outside of rows.
    breaks: u64,
    /// The last byte was a carriage return, which may be part of a line break.
    is_half_break: bool,
}

/// The cells of a row.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    text: &'a str,
    ends: &'a [usize],
}

impl<'a> Record<'a> {
    /// The trimmed texts of the cells.
    pub fn iter(self) -> impl Iterator<Item = &'a str> {
        let (mut rest, mut begin) = (self.text, 0);
        self.ends.iter().map(move |end| {
            let (cell, behind) = rest.split_at(end - begin);
            (rest, begin) = (behind, *end);
            trimmed(cell)
        })
    }
}

/// The trimmed cell. Few need it, so checking the first and last byte is faster.
fn trimmed(cell: &str) -> &str {
    match cell.as_bytes() {
        [] => cell,
        [one] if one.is_ascii_graphic() => cell,
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => cell,
        _ => cell.trim(),
    }
}

/// Which columns have no name, up to the last one without.
fn unnamed(header: &[String]) -> Vec<bool> {
    let columns = header.iter().rposition(String::is_empty).map_or(0, |last| last + 1);
    header[..columns].iter().map(String::is_empty).collect()
}

impl<R: Read> CsvReader<R> {
    /// Reads the header.
    pub fn open(file: R) -> Result<Self, ReadError> {
        let (mut text, mark) = encoding::open(file)?;
        let dialect = separator::detect(text.fill_buf()?)?;
        text.consume(dialect.declaration);
        let declaration = dialect.declaration > 0;
        let mut reader = Self {
            text,
            splitter: Splitter::new(dialect.separator),
            separator: dialect.separator,
            declaration,
            header: vec![],
            unnamed: vec![],
            decoded: String::new(),
            position: Position::default(),
            rows: 0,
            bytes: (mark + dialect.declaration) as u64,
            begin: 0,
            breaks: u64::from(declaration),
            is_half_break: false,
        };
        reader.read_header()?;
        Ok(reader)
    }

    fn read_header(&mut self) -> Result<(), ReadError> {
        let unreadable = |why: String| invalid_file(format!("the header is not readable: {why}"));
        loop {
            let read = match self.read_record() {
                Ok(false) => return Err(invalid_file("the file is empty")),
                Err(ReadError::Invalid(fault)) => Err(fault.message),
                Err(error) => return Err(error),
                Ok(true) => self.splitter.error().map_or(Ok(()), |error| Err(error.into())),
            };
            if self.is_json() {
                return Err(invalid_file("the file is JSON; CSV is expected, with a header line"));
            }
            read.map_err(unreadable)?;
            // A blank row above the header may have another separator.
            if !self.splitter.text().iter().all(|byte| separator::is_blank(*byte)) && !self.is_blank() {
                break;
            }
        }
        let columns = self.splitter.ends().len();
        if columns > MAX_COLUMNS {
            return Err(invalid_file(format!("the header has {columns} columns; {MAX_COLUMNS} at most")));
        }
        self.decode().map_err(|cell| unreadable(self.not_utf8(cell)))?;
        self.header = self.record().iter().map(str::to_owned).collect();
        self.unnamed = unnamed(&self.header);
        Ok(())
    }

    /// Whether the current line looks like JSON.
    fn is_json(&self) -> bool {
        matches!(self.splitter.text().trim_ascii_start().first(), Some(b'{' | b'['))
    }

    /// The names of the columns; empty for columns without one, which spreadsheets may add at the end.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// Advances to the next row with text.
    pub fn next_row(&mut self) -> Result<Row, ReadError> {
        while self.read_record()? {
            if self.splitter.error().is_none() && self.is_blank() {
                continue;
            }
            self.position.row = self.rows;
            self.rows += 1;
            let error = self.error();
            return Ok(error.map_or(Row::Valid, |message| Row::Invalid(self.position.fault("", message))));
        }
        Ok(Row::End)
    }

    /// The position of the current row.
    pub const fn position(&self) -> Position {
        self.position
    }

    /// The cells of the current row, as many as in the header; empty unless the row is valid.
    pub fn record(&self) -> Record<'_> {
        // If one cannot be decoded, none is.
        let ends = self.splitter.ends();
        let is_decoded = ends.last().is_some_and(|end| *end == self.decoded.len());
        Record { text: &self.decoded, ends: if is_decoded { ends } else { &[] } }
    }

    /// The fault of the current record, if it is malformed.
    fn error(&mut self) -> Option<String> {
        if let Err(cell) = self.decode() {
            return Some(self.not_utf8(cell));
        }
        if let Some(quotes) = self.splitter.error() {
            return Some(quotes.into());
        }
        let record = self.record();
        if record.ends.len() != self.header.len() {
            return Some(format!("has {} cells, the header has {}", record.ends.len(), self.header.len()));
        }
        if self.splitter.has_nul() {
            return Some(NUL.into());
        }
        let mut cells = self.unnamed.iter().zip(record.iter());
        let cell = cells.position(|(is_unnamed, text)| *is_unnamed && !text.is_empty());
        cell.map(|cell| format!("cell {} has a value, but its column has no name", cell + 1))
    }

    fn not_utf8(&self, cell: usize) -> String {
        let (cell, begin) = (cell + 1, self.begin);
        format!(
            "is not UTF-8, in cell {cell} of the row that begins at byte {begin}; if the file is Windows-1252, {SAVE}"
        )
    }

    /// Reads the next record; false at the end of the file.
    fn read_record(&mut self) -> Result<bool, ReadError> {
        self.skip_line_breaks()?;
        self.begin = self.bytes;
        self.position = Position { row: self.rows, line: self.line() };
        self.splitter.begin(std::mem::take(&mut self.decoded).into_bytes());
        loop {
            let input = self.text.fill_buf()?;
            if input.is_empty() {
                return Ok(self.splitter.finish());
            }
            let (taken, is_end) = self.splitter.take(input);
            self.is_half_break = is_end && input[taken - 1] == b'\r';
            self.text.consume(taken);
            self.bytes += taken as u64;
            if self.bytes - self.begin > MAX_ROW_BYTES as u64 {
                let message = format!("the row is longer than {MAX_ROW_BYTES} bytes; is a quote not closed?");
                return Err(ReadError::Invalid(self.position.fault("", message)));
            }
            if is_end {
                return Ok(true);
            }
        }
    }

    /// Decodes the cells. The error is the position of an invalid one.
    fn decode(&mut self) -> Result<(), usize> {
        let text = String::from_utf8(self.splitter.take_text());
        let ends = self.splitter.ends();
        let text = text.map_err(|error| {
            let byte = error.utf8_error().valid_up_to();
            ends.partition_point(|end| *end <= byte)
        })?;
        // Two halves of a character in adjacent cells look valid together.
        if let Some(cell) = ends.iter().position(|end| !text.is_char_boundary(*end)) {
            return Err(cell);
        }
        self.decoded = text;
        Ok(())
    }

    fn is_blank(&self) -> bool {
        let text = self.splitter.text().trim_ascii_start();
        match text.first() {
            None => true,
            Some(first) if first.is_ascii() => false,
            Some(_) => std::str::from_utf8(text).is_ok_and(|text| text.trim().is_empty()),
        }
    }

    /// The line of the next byte.
    const fn line(&self) -> u64 {
        1 + self.splitter.lines() + self.breaks
    }

    /// Skips the line breaks before a record.
    fn skip_line_breaks(&mut self) -> Result<(), ReadError> {
        loop {
            let next = self.text.fill_buf()?.first().copied();
            let is_half_break = std::mem::take(&mut self.is_half_break);
            match next {
                Some(b'\n') => self.breaks += 1,
                Some(b'\r') => {
                    self.breaks += u64::from(is_half_break);
                    self.is_half_break = true;
                }
                _ => {
                    self.breaks += u64::from(is_half_break);
                    return Ok(());
                }
            }
            self.text.consume(1);
            self.bytes += 1;
        }
    }

    /// The number of bytes read.
    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The separator, and whether the first line declares it.
    pub(super) const fn separator(&self) -> (u8, bool) {
        (self.separator, self.declaration)
    }

    /// The line that the last record began at, and the next byte's.
    pub(super) const fn lines(&self) -> (u64, u64) {
        (self.position.line, self.line())
    }

    /// Whether the last byte was a carriage return.
    pub(super) const fn is_half_break(&self) -> bool {
        self.is_half_break
    }
}

#[cfg(test)]
mod tests;
