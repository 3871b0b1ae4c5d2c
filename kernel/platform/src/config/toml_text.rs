//! Reads a TOML document into a flat list of dotted paths, each with its line.

use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

use super::raw::Raw;

/// A setting as written in a TOML document.
pub(super) struct Entry {
    /// The dotted path.
    pub(super) path: String,
    /// The line its key is on, from 1.
    pub(super) line: usize,
    /// Its value.
    pub(super) raw: Raw,
}

/// All settings of a document in the order they are written in, or all its syntax faults with
/// their lines. Of a document with syntax faults nothing is taken: what the parser guesses about
/// the rest would only raise faults that are none.
pub(super) fn entries(text: &str) -> Result<Vec<Entry>, Vec<(usize, String)>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        return Err(errors.iter().map(|error| fault(error, text)).collect());
    }
    let mut entries = Vec::new();
    walk(table.get_ref(), "", text, &mut entries);
    entries.sort_by_key(|entry| entry.line);
    Ok(entries)
}

fn walk(table: &DeTable<'_>, prefix: &str, text: &str, entries: &mut Vec<Entry>) {
    for (key, value) in table {
        let path = format!("{prefix}{}", key.get_ref());
        match value.get_ref() {
            DeValue::Table(inner) if !inner.is_empty() => {
                walk(inner, &format!("{path}."), text, entries);
            }
            _ => entries.push(entry(path, key.span().start, value, text)),
        }
    }
}

fn entry(path: String, position: usize, value: &Spanned<DeValue<'_>>, text: &str) -> Entry {
    Entry { path, line: line(text, position), raw: Raw::from_toml(value, text) }
}

/// The bare message: the parser's full text quotes the line, which may hold a secret.
fn fault(error: &Error, text: &str) -> (usize, String) {
    let position = error.span().map_or(0, |span| span.start);
    (line(text, position), error.message().replace('\n', ", "))
}

fn line(text: &str, position: usize) -> usize {
    text.bytes().take(position).filter(|byte| *byte == b'\n').count() + 1
}
