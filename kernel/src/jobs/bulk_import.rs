//! A bulk import as a whole.

use super::{Job, Kind};
use crate::domain::customers::NewCustomer;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Creates customers, row by row, and says of each row that it could not create why.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BulkImport {
    /// Where the rows are.
    pub source: Source,
    /// How to go about it.
    pub options: Options,
}

impl Job for BulkImport {
    const KIND: Kind = Kind::BulkImport;
}

/// Where the rows of an import are.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Here: the rows of a JSON request, all of them checked.
    Inline(Vec<NewCustomer>),
    /// In `import_chunks`; a job a chunk works them off.
    Chunks {},
}

/// How to go about an import.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// End at the first row that cannot be created; the rows before it stay.
    #[serde(default)]
    pub stop_on_error: bool,
    /// Check everything, create nothing.
    #[serde(default)]
    pub dry_run: bool,
}

/// One row of a chunk.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ImportRow {
    /// It breaks a rule that needed no database to be seen.
    Rejected {
        /// Why.
        rejected: Rejection,
    },
    /// It may be created.
    Customer(Box<NewCustomer>),
}

/// Why a row was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// For a person.
    pub message: String,
    /// For a program: the faults by field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Value>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn imports_that_say_how_many_chunks_they_have_are_read() {
        let before = json!({ "source": { "chunks": { "count": 3 } }, "options": {} });
        let read: BulkImport = serde_json::from_value(before).unwrap();
        assert!(matches!(read.source, Source::Chunks {}));
        let written = serde_json::to_value(&read.source).unwrap();
        assert!(serde_json::from_value::<Source>(written).is_ok());
    }
}
