//! The output of commands. All of it goes through here, so that untrusted text (a vendor's message, a customer's name,
//! a server's response) cannot control the terminal: see [`escape`].

use chrono::{DateTime, Utc};
use std::{
    borrow::Cow,
    io::{self, ErrorKind, Write},
};

/// Prints text and a line end. A closed reader (`… | head`) is not an error.
pub fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{}", escape_lines(text)).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}

/// Prints text and a line end on stderr, ignoring errors.
pub fn print_error(text: &str) {
    // The error cannot be reported anywhere.
    let _ = writeln!(io::stderr().lock(), "{}", escape_lines(text));
}

/// Escapes text for one line of a terminal: control characters (including line ends and escape sequences) and
/// characters that change the direction of text are written as in Rust, `\n` or `\u{1b}`.
pub fn escape(text: &str) -> Cow<'_, str> {
    escape_if(text, is_control)
}

/// Escapes text of several lines.
fn escape_lines(text: &str) -> Cow<'_, str> {
    escape_if(text, |sign| is_control(sign) && !matches!(sign, '\n' | '\t'))
}

fn escape_if(text: &str, is_escaped: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_escaped) {
        return text.into();
    }
    let escaped = text.chars().fold(String::with_capacity(text.len()), |mut escaped, sign| {
        if is_escaped(sign) {
            escaped.extend(sign.escape_default());
        } else {
            escaped.push(sign);
        }
        escaped
    });
    escaped.into()
}

/// The directional characters are those of Unicode's `Bidi_Control`.
fn is_control(sign: char) -> bool {
    const DIRECTIONAL: &[char] = &['\u{61c}', '\u{200e}', '\u{200f}'];
    sign.is_control()
        || DIRECTIONAL.contains(&sign)
        || ('\u{202a}'..='\u{202e}').contains(&sign)
        || ('\u{2066}'..='\u{2069}').contains(&sign)
}

/// A number with its noun: `1 invoice`, `2,000 invoices`. The noun takes an `s`.
pub fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", indicatif::HumanCount(number))
}

/// A time, to the second.
pub fn time(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// A table with aligned columns, without a line end after the last row. Each row is one line, whatever its cells
/// contain.
pub fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let escaped: Vec<[String; N]> =
        rows.iter().map(|row| std::array::from_fn(|cell| escape(&row[cell]).into_owned())).collect();
    aligned(&escaped)
}

fn aligned<const N: usize>(rows: &[[String; N]]) -> String {
    let width =
        |column: usize| rows.iter().map(|row: &[String; N]| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; N] = std::array::from_fn(width);
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::{escape, escape_lines, table};

    #[test]
    fn nothing_that_others_wrote_controls_the_terminal() {
        assert_eq!(escape("Zoë ✓"), "Zoë ✓");
        assert_eq!(escape("a\u{1b}[2J\r\nb\u{9b}1m"), "a\\u{1b}[2J\\r\\nb\\u{9b}1m");
        assert_eq!(escape("\u{202e}txt"), "\\u{202e}txt");
        assert_eq!(escape_lines("a\n\tb\u{7}"), "a\n\tb\\u{7}");
        let rows = [["a\u{1b}".to_owned(), "x\ny".to_owned()], ["b".to_owned(), "z".to_owned()]];
        assert_eq!(table(&rows), "a\\u{1b}  x\\ny\nb        z");
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["a", "bb", ""], ["äöü", "b", "c"]].map(|row| row.map(str::to_owned));
        assert_eq!(table(&rows), "a    bb\näöü  b   c");
    }
}
