//! A bulk import.

use crate::customers::NewCustomer;
use engine::jobs::{Job, JobKind};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::{Value, json, value::RawValue};

/// Creates customers row by row, and records the errors of rejected rows.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BulkImport {
    /// The rows.
    pub source: Source,
    /// The options.
    pub options: Options,
}

impl Job for BulkImport {
    const KIND: JobKind = JobKind::new("bulk_import");
}

/// The location of an import's rows.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// In the payload: the rows of a JSON request, all validated.
    Inline(Vec<NewCustomer>),
    /// In `import_chunks`, with one job per chunk.
    Chunks {},
}

/// The options of an import.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// Stop at the first rejected row; the rows before it stay.
    #[serde(default)]
    pub stop_on_error: bool,
    /// Validate everything, create nothing.
    #[serde(default)]
    pub dry_run: bool,
}

/// A row of an import.
#[derive(Debug, Clone, Serialize)]
pub struct ImportRow {
    /// Its first line in the file, from 1. `None` in requests, and in chunks of an earlier version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The customer, or the errors.
    #[serde(flatten)]
    pub content: RowContent,
}

/// A validated row.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum RowContent {
    /// It was rejected without access to the database.
    Rejected {
        /// The errors.
        rejected: Rejection,
    },
    /// It can be created.
    Customer(Box<NewCustomer>),
}

/// The variant of the row, and its line.
#[derive(Deserialize)]
struct RowHead {
    #[serde(default)]
    line: Option<u64>,
    #[serde(default)]
    rejected: Option<Rejection>,
}

/// Parses the row's text twice, which costs less than buffering it.
impl<'de> Deserialize<'de> for ImportRow {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&RawValue>::deserialize(deserializer)?.get();
        let RowHead { line, rejected } = serde_json::from_str(text).map_err(D::Error::custom)?;
        let content = match rejected {
            Some(rejected) => RowContent::Rejected { rejected },
            None => RowContent::Customer(serde_json::from_str(text).map_err(D::Error::custom)?),
        };
        Ok(Self { line, content })
    }
}

/// The errors of a rejected row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// The message.
    pub message: String,
    /// The details: errors by field, and the row's line in a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Value>,
}

impl Rejection {
    /// Adds the row's line to the details.
    pub fn set_line(&mut self, line: u64) {
        let details = self.details.get_or_insert_with(|| json!({}));
        if let Some(details) = details.as_object_mut() {
            details.insert("line".into(), line.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_with_and_without_a_line() {
        let customer = json!({
            "email": "a@example.com", "first_name": "A", "last_name": "B", "type": "INDIVIDUAL",
            "service_address": { "street1": "1", "city": "E", "state": "CA", "zip": "92025", "country": "US" },
        });
        let rejected = json!({ "rejected": { "message": "bad", "details": { "field": "email" } } });
        for content in [customer, rejected] {
            for line in [None, Some(7)] {
                let mut text = content.clone();
                if let Some(line) = line {
                    text["line"] = json!(line);
                }
                let row: ImportRow = serde_json::from_str(&text.to_string()).unwrap();
                assert_eq!((row.line, serde_json::to_value(&row).unwrap()), (line, text));
            }
        }
        assert!(serde_json::from_str::<ImportRow>("{\"line\":7}").is_err());
    }

    #[test]
    fn a_rejection_says_its_line_to_programs() {
        let at_line = |details| {
            let mut rejection = Rejection { message: "bad".into(), details };
            rejection.set_line(3);
            rejection.details.unwrap()
        };
        assert_eq!(at_line(None), json!({ "line": 3 }));
        assert_eq!(at_line(Some(json!({ "field": "email" }))), json!({ "field": "email", "line": 3 }));
    }

    #[test]
    fn imports_that_say_how_many_chunks_they_have_are_read() {
        let before = json!({ "source": { "chunks": { "count": 3 } }, "options": {} });
        let read: BulkImport = serde_json::from_value(before).unwrap();
        assert!(matches!(read.source, Source::Chunks {}));
        let written = serde_json::to_value(&read.source).unwrap();
        assert!(serde_json::from_value::<Source>(written).is_ok());
    }
}
