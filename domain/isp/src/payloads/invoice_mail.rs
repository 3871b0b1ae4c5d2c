//! An e-mail with an invoice.

use engine::jobs::{Job, JobKind};
use entities::ids::InvoiceId;
use serde::{Deserialize, Serialize};

/// Sends a numbered invoice to its customer by e-mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceMail {
    /// The invoice.
    pub invoice: InvoiceId,
}

impl Job for InvoiceMail {
    const KIND: JobKind = JobKind::new("invoice_mail");
}
