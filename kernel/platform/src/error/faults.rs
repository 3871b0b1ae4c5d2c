//! The faults of a request, with limits: the request must not determine the size of the response.

use super::{Error, Fault, FieldPath};
use serde::Serialize;
use std::io::{self, Write};

/// Maximum length of a message.
pub const MESSAGE: usize = 1000;

/// Maximum length of a reason for the log or the ledger.
pub const REASON: usize = 4000;

/// Maximum length of a field's path.
const FIELD: usize = 200;

/// The first faults, and the number of others.
#[derive(Debug)]
pub struct Faults {
    listed: Vec<Fault>,
    bytes: usize,
    more: u64,
    stopped: bool,
    most: usize,
    most_bytes: usize,
}

/// For a request: 100 faults and 56 KiB of JSON, so that the response stays within 64 KiB.
impl Default for Faults {
    fn default() -> Self {
        Self::within(100, 56 << 10)
    }
}

impl Faults {
    /// With these limits on the number and the bytes of JSON.
    pub const fn within(most: usize, most_bytes: usize) -> Self {
        Self { listed: vec![], bytes: 0, more: 0, stopped: false, most, most_bytes }
    }

    /// For a row of a file, stored until the import expires: 20 faults and 4 KiB of JSON.
    pub const fn of_row() -> Self {
        Self::within(20, 4 << 10)
    }

    /// Adds the fault with shortened texts, or only counts it beyond the limits.
    pub fn push(&mut self, fault: Fault) {
        let Fault { field, message, .. } = fault;
        let field = match field {
            FieldPath::Given(path) => FieldPath::Given(shortened(path, FIELD)),
            field @ FieldPath::Domain(_) => field,
        };
        let fault = Fault { field, message: shortened(message, MESSAGE), ..fault };
        let bytes = json_size(&fault) + 1;
        if self.more > 0 || self.listed.len() >= self.most || self.bytes + bytes > self.most_bytes {
            self.more += 1;
            return;
        }
        self.bytes += bytes;
        self.listed.push(fault);
    }

    /// Marks that the rest was not checked.
    pub const fn stop(&mut self) {
        self.stopped = true;
    }

    /// Whether the limits are reached.
    pub const fn is_full(&self) -> bool {
        self.more > 0
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.listed.is_empty() && self.more == 0
    }

    /// Sorts the listed ones by row, those of the whole first.
    pub fn sort_by_row(&mut self) {
        self.listed.sort_by_key(|fault| fault.row);
    }

    /// The listed ones.
    pub fn into_listed(self) -> Vec<Fault> {
        self.listed
    }

    /// An error whose message says whether there are more than listed.
    pub fn into_error(self, message: &str) -> Error {
        let listed = self.listed.len();
        let message = match self.more {
            0 => message.to_owned(),
            _ if self.stopped => format!("{message}: the first {listed} faults; there are more"),
            more => format!("{message}: the first {listed} faults, and {more} more"),
        };
        Error::Invalid { message: shortened(message, MESSAGE), faults: self.listed }
    }
}

impl Extend<Fault> for Faults {
    fn extend<I: IntoIterator<Item = Fault>>(&mut self, faults: I) {
        faults.into_iter().for_each(|fault| self.push(fault));
    }
}

/// The text, shortened with an ellipsis to this many characters.
pub fn shortened(mut text: String, most: usize) -> String {
    if let Some((cut, _)) = text.char_indices().nth(most) {
        let last = text[..cut].char_indices().next_back().map_or(0, |(at, _)| at);
        text.truncate(last);
        text.push('…');
        text.shrink_to_fit();
    }
    text
}

/// The length of a value as compact JSON, in bytes.
pub fn json_size(value: &impl Serialize) -> usize {
    let mut count = Count(0);
    // Counting cannot fail, and unserializable values are not stored either.
    let _ = serde_json::to_writer(&mut count, value);
    count.0
}

struct Count(usize);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(faults: Faults) -> (String, Vec<Fault>) {
        let Error::Invalid { message, faults } = faults.into_error("Invalid") else {
            panic!("another error")
        };
        (message, faults)
    }

    #[test]
    fn a_hundred_are_listed_and_all_are_counted() {
        let mut faults = Faults::default();
        faults.extend((0..100).map(|_| Fault::at("a", "is bad")));
        assert!(!faults.is_full());
        faults.extend((0..3).map(|_| Fault::at("a", "is bad")));
        assert!(faults.is_full());
        let (message, listed) = refusal(faults);
        assert_eq!((message.as_str(), listed.len()), ("Invalid: the first 100 faults, and 3 more", 100));
    }

    #[test]
    fn who_stops_does_not_say_how_many_there_are() {
        let mut faults = Faults::within(1, 1000);
        faults.extend((0..2).map(|_| Fault::at("a", "is bad")));
        faults.stop();
        assert_eq!(refusal(faults).0, "Invalid: the first 1 faults; there are more");
    }

    #[test]
    fn whatever_is_in_them_they_have_a_size() {
        // Each of these characters takes six bytes of JSON.
        let long = "\u{1}".repeat(1 << 20);
        let mut faults = Faults::default();
        faults.extend((0..200).map(|_| Fault::at(long.clone(), long.clone())));
        let (_, listed) = refusal(faults);
        assert!((1..=100).contains(&listed.len()), "{}", listed.len());
        assert!(json_size(&listed) <= 56 << 10, "{}", json_size(&listed));
        assert!(listed.iter().all(|fault| fault.field.chars().count() == FIELD));
        assert!(listed.iter().all(|fault| fault.message.chars().count() == MESSAGE));
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(shortened("äöü".into(), 3), "äöü");
        assert_eq!(shortened("äöüß".into(), 3), "äö…");
        assert_eq!(shortened("ab".into(), 1), "…");
    }

    #[test]
    fn the_size_is_that_of_the_text() {
        let value = serde_json::json!({ "a": ["ü", "\n", 1.5, null] });
        assert_eq!(json_size(&value), value.to_string().len());
    }
}
