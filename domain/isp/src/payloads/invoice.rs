//! The invoices of some customers.

use engine::jobs::{Job, JobKind};
use entities::ids::{CustomerId, JobId};
use serde::{Deserialize, Serialize};

/// Makes the invoices of some customers for a month: those whose ids lie within bounds. The parts of a run
/// share all customers among them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoice {
    /// The run that it is a part of.
    pub run: JobId,
    /// Which part, from 0.
    pub number: u32,
    /// Which month: `2026-11`.
    pub month: String,
    /// How many customers it was cut to.
    pub customers: i64,
    /// Customers after this one; none: from the first.
    pub after: Option<CustomerId>,
    /// Up to this one, included; none: to the last.
    pub until: Option<CustomerId>,
}

impl Job for Invoice {
    const KIND: JobKind = JobKind::new("invoice");
}
