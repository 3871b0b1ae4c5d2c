//! A part of an invoice run.

use engine::jobs::{Job, JobKind};
use entities::ids::{CustomerId, JobId};
use serde::{Deserialize, Serialize};

/// Creates the invoices of a month for customers with ids in a range. The parts of a run cover all customers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoice {
    /// The run.
    pub run: JobId,
    /// The index of the part, from 0.
    pub number: u32,
    /// The month: `2026-11`.
    pub month: String,
    /// The planned number of customers.
    pub customers: i64,
    /// The first customer (exclusive); unbounded if `None`.
    pub after: Option<CustomerId>,
    /// The last customer (inclusive); unbounded if `None`.
    pub until: Option<CustomerId>,
}

impl Job for Invoice {
    const KIND: JobKind = JobKind::new("invoice");
}
