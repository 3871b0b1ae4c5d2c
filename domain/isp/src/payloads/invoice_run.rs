//! An invoice run.

use engine::jobs::{Job, JobKind};
use serde::{Deserialize, Serialize};

/// Bills a month to all customers of an organization. Child jobs do the work; this one runs when they have ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceRun {
    /// The month: `2026-11`.
    pub month: String,
}

impl Job for InvoiceRun {
    const KIND: JobKind = JobKind::new("invoice_run");
}
