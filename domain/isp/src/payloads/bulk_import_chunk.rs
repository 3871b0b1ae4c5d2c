//! A chunk of a file import.

use super::Options;
use engine::jobs::{Job, JobKind};
use entities::ids::JobId;
use serde::{Deserialize, Serialize};

/// Processes one chunk of a file import.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BulkImportChunk {
    /// The import.
    pub import: JobId,
    /// The index of the chunk, from 0.
    pub number: i32,
    /// The index of its first row in the file.
    pub first_row: u64,
    /// Its number of rows.
    pub rows: u32,
    /// The import's options.
    pub options: Options,
    /// With `stop_on_error` the chunks are processed in order: their number.
    #[serde(default)]
    pub chain_of: Option<i32>,
}

impl Job for BulkImportChunk {
    const KIND: JobKind = JobKind::new("bulk_import_chunk");
}
