//! Some rows of an imported file.

use super::Options;
use engine::jobs::{Job, JobKind};
use entities::ids::JobId;
use serde::{Deserialize, Serialize};

/// Works off one chunk of rows of a file import.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BulkImportChunk {
    /// The import that the chunk is a part of.
    pub import: JobId,
    /// Which chunk, from 0.
    pub number: i32,
    /// Place of its first row in the file.
    pub first_row: u64,
    /// How many rows it has.
    pub rows: u32,
    /// The import's.
    pub options: Options,
    /// With `stop_on_error` the chunks run one after the other: how many there are in all.
    #[serde(default)]
    pub chain_of: Option<i32>,
}

impl Job for BulkImportChunk {
    const KIND: JobKind = JobKind::new("bulk_import_chunk");
}
