//! The mail with an invoice.

use engine::jobs::{Job, JobKind};
use entities::ids::InvoiceId;
use serde::{Deserialize, Serialize};

/// Mails an invoice that has its number to its customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceMail {
    /// Which invoice.
    pub invoice: InvoiceId,
}

impl Job for InvoiceMail {
    const KIND: JobKind = JobKind::new("invoice_mail");
}
