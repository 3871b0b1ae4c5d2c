//! A run of invoices as a whole.

use engine::jobs::{Job, JobKind};
use serde::{Deserialize, Serialize};

/// Bills a month to all customers of an organization. Its parts do the work; it runs when they have ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceRun {
    /// Which month: `2026-11`.
    pub month: String,
}

impl Job for InvoiceRun {
    const KIND: JobKind = JobKind::new("invoice_run");
}
