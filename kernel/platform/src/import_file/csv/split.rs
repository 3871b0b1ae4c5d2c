//! Splitting rows into cells, as RFC 4180 has it. The `csv` crate takes any text, and changes what is quoted wrongly
//! without a word; so quotes would have to be followed beside it, which takes longer than to split the rows here.

use memchr::memchr3;

const ESCAPED: &str =
    "a backslash does not escape a quote: write each quote within a quoted cell twice (\"\")";
const AFTER: &str = "text follows a closing quote: write each quote within a quoted cell twice (\"\")";
const BEFORE: &str = "whitespace before an opening quote";
const OPEN: &str = "a quote is not closed";

/// Splits one row after the other, each from one piece of text or more.
pub(super) struct Splitter {
    separator: u8,
    /// Whether a byte ends the text of an unquoted cell, or is a NUL in it.
    stops: [bool; 256],
    state: State,
    /// The texts of the cells, one behind the other.
    text: Vec<u8>,
    /// Where each cell ends.
    ends: Vec<usize>,
    /// Whether the cell is unquoted and begins with a blank.
    is_indented: bool,
    error: Option<&'static str>,
    has_nul: bool,
    /// How many line feeds have been taken.
    lines: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// At the beginning of a cell.
    Begin,
    Unquoted,
    Quoted,
    /// Behind a quote in a quoted cell: the cell's end, or the first of two that stand for one.
    Quote,
    /// Behind a quoted cell and a blank.
    Closed,
}

impl Splitter {
    pub(super) fn new(separator: u8) -> Self {
        let mut stops = [false; 256];
        for byte in [separator, b'\n', b'\r', 0] {
            stops[usize::from(byte)] = true;
        }
        Self {
            separator,
            stops,
            state: State::Begin,
            text: vec![],
            ends: vec![],
            is_indented: false,
            error: None,
            has_nul: false,
            lines: 0,
        }
    }

    /// Forgets the row before; `text` is room for the next one.
    pub(super) fn begin(&mut self, mut text: Vec<u8>) {
        text.clear();
        self.text = text;
        self.ends.clear();
        (self.state, self.is_indented) = (State::Begin, false);
        (self.error, self.has_nul) = (None, false);
    }

    /// The texts of the cells, one behind the other.
    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    /// Takes the text out, until the next row begins.
    pub(super) fn take_text(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.text)
    }

    /// Where each cell ends.
    pub(super) fn ends(&self) -> &[usize] {
        &self.ends
    }

    /// What is wrong with the quotes of the row.
    pub(super) const fn error(&self) -> Option<&'static str> {
        self.error
    }

    /// Whether there is a NUL in the row.
    pub(super) const fn has_nul(&self) -> bool {
        self.has_nul
    }

    /// How many line feeds have been taken.
    pub(super) const fn lines(&self) -> u64 {
        self.lines
    }

    /// Takes bytes of the row: how many, and whether the row ends with them. Its last byte is the line break's first.
    pub(super) fn take(&mut self, bytes: &[u8]) -> (usize, bool) {
        let mut at = 0;
        while at < bytes.len() {
            let is_end;
            (at, is_end) = match self.state {
                State::Begin if bytes[at] == b'"' => {
                    (self.state, self.is_indented) = (State::Quoted, false);
                    (at + 1, false)
                }
                State::Begin | State::Unquoted => self.take_unquoted(bytes, at),
                State::Quoted => (self.take_quoted(bytes, at), false),
                State::Quote if bytes[at] == b'"' => {
                    self.text.push(b'"');
                    self.state = State::Quoted;
                    (at + 1, false)
                }
                State::Quote | State::Closed => (at + 1, self.take_behind(bytes[at])),
            };
            if is_end {
                self.lines += u64::from(bytes[at - 1] == b'\n');
                return (at, true);
            }
        }
        (at, false)
    }

    /// The file ends. Whether it ends a row.
    pub(super) fn finish(&mut self) -> bool {
        if self.state == State::Begin && self.ends.is_empty() {
            return false;
        }
        if self.state == State::Quoted {
            self.error.get_or_insert(OPEN);
        }
        self.end_unquoted();
        true
    }

    /// Unquoted cells, as many as follow each other.
    fn take_unquoted(&mut self, bytes: &[u8], mut at: usize) -> (usize, bool) {
        loop {
            let rest = &bytes[at..];
            if self.state == State::Begin {
                self.is_indented = matches!(rest[0], b' ' | b'\t');
            }
            // Cells are short: this is faster than `memchr`.
            let length = rest.iter().position(|byte| self.stops[usize::from(*byte)]);
            self.text.extend_from_slice(&rest[..length.unwrap_or(rest.len())]);
            let Some(length) = length else {
                self.state = State::Unquoted;
                return (bytes.len(), false);
            };
            at += length + 1;
            if rest[length] == 0 {
                self.state = State::Unquoted;
                self.take_special(0);
                return (at, false);
            }
            self.end_unquoted();
            let is_end = rest[length] != self.separator;
            if is_end || bytes.get(at).is_none_or(|next| *next == b'"') {
                return (at, is_end);
            }
        }
    }

    /// To the end of a quoted cell, and into the next ones if they are quoted too.
    fn take_quoted(&mut self, bytes: &[u8], mut at: usize) -> usize {
        loop {
            let rest = &bytes[at..];
            let length = find_special(rest);
            self.text.extend_from_slice(&rest[..length.unwrap_or(rest.len())]);
            let Some(length) = length else { return bytes.len() };
            at += length + 1;
            if rest[length] != b'"' {
                self.take_special(rest[length]);
                continue;
            }
            match bytes[at..] {
                [separator, b'"', ..] if separator == self.separator => {
                    self.end_cell();
                    self.state = State::Quoted;
                    at += 2;
                }
                _ => {
                    self.state = State::Quote;
                    return at;
                }
            }
        }
    }

    /// A byte behind a closing quote. Whether it ends the row.
    fn take_behind(&mut self, byte: u8) -> bool {
        match byte {
            b'\n' | b'\r' => {
                self.end_cell();
                return true;
            }
            byte if byte == self.separator => self.end_cell(),
            b' ' | b'\t' => self.state = State::Closed,
            _ => {
                let is_escaped = self.state == State::Quote && self.text.last() == Some(&b'\\');
                self.error.get_or_insert(if is_escaped { ESCAPED } else { AFTER });
                self.text.push(byte);
                self.state = State::Unquoted;
            }
        }
        false
    }

    /// A line feed or NUL within a cell.
    fn take_special(&mut self, byte: u8) {
        self.text.push(byte);
        self.lines += u64::from(byte == b'\n');
        self.has_nul |= byte == 0;
    }

    fn end_unquoted(&mut self) {
        let begin = self.ends.last().copied().unwrap_or_default();
        if self.is_indented && self.text[begin..].trim_ascii_start().starts_with(b"\"") {
            self.error.get_or_insert(BEFORE);
        }
        self.end_cell();
    }

    fn end_cell(&mut self) {
        self.ends.push(self.text.len());
        self.state = State::Begin;
    }
}

/// The first quote, line feed or NUL. Cells are short: most end before a call of `memchr3` would pay.
fn find_special(text: &[u8]) -> Option<usize> {
    let (near, far) = text.split_at(text.len().min(16));
    let found = near.iter().position(|byte| matches!(byte, b'"' | b'\n' | 0));
    found.or_else(|| Some(near.len() + memchr3(b'"', b'\n', 0, far)?))
}

#[cfg(test)]
mod tests;
