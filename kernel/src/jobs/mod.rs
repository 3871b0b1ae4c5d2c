//! The kinds of jobs and their payloads, a file each. The handlers are in the worker, under the same
//! names: what can enqueue a job cannot run it.

mod bulk_import;
mod bulk_import_chunk;
mod email;
mod invoice;
mod invoice_mail;
mod invoice_run;
mod network_sync;
mod probe;
mod provision_attempt;
mod provisioning;
mod provisioning_undo;
mod subscription_change;
mod webhook_delivery;
mod webhook_fanout;

pub use bulk_import::{BulkImport, ImportRow, Options, Rejection, RowContent, Source};
pub use bulk_import_chunk::BulkImportChunk;
pub use email::Email;
pub use invoice::Invoice;
pub use invoice_mail::InvoiceMail;
pub use invoice_run::InvoiceRun;
pub use network_sync::NetworkSync;
pub use probe::{Fault, Probe};
pub use provision_attempt::ProvisionAttempt;
pub use provisioning::Provisioning;
pub use provisioning_undo::ProvisioningUndo;
pub use subscription_change::SubscriptionChange;
pub use webhook_delivery::WebhookDelivery;
pub use webhook_fanout::WebhookFanout;

use serde::{Serialize, de::DeserializeOwned};
use std::{fmt, str::FromStr};

/// A payload: plain data of one kind of job. Fields are only ever added, with a default, since jobs
/// enqueued by the version before are still there.
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Which kind it is.
    const KIND: JobKind;
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal),+ $(,)?) => {
        /// Every kind of job. Each has a queue, settings (`jobs.<kind>`) and a handler of its own.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum JobKind {
            $($(#[$doc])* $kind),+
        }

        impl JobKind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$kind),+];

            /// The constant name: in the ledger, in Redis, in the settings. It never changes.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => $name),+
                }
            }
        }
    };
}

kinds! {
    /// A bulk import as a whole.
    BulkImport = "bulk_import",
    /// Some rows of an imported file.
    BulkImportChunk = "bulk_import_chunk",
    /// One e-mail.
    Email = "email",
    /// The invoices of some customers for a month.
    Invoice = "invoice",
    /// The mail with an invoice.
    InvoiceMail = "invoice_mail",
    /// A run of invoices as a whole.
    InvoiceRun = "invoice_run",
    /// The network's agreement with one subscription.
    NetworkSync = "network_sync",
    /// A job that does as it is told: for checks of the engine, benchmarks and tests of faults.
    Probe = "probe",
    /// A notification to a vendor.
    ProvisionAttempt = "provision_attempt",
    /// A provisioning request.
    Provisioning = "provisioning",
    /// The undo of a provisioning request.
    ProvisioningUndo = "provisioning_undo",
    /// What is planned for a subscription.
    SubscriptionChange = "subscription_change",
    /// The deliveries to one endpoint.
    WebhookDelivery = "webhook_delivery",
    /// Deliveries of an organization's events.
    WebhookFanout = "webhook_fanout",
}

impl JobKind {
    /// Whether its jobs are tried for as long as it takes, with pauses that grow, whatever becomes of their workers:
    /// while an undo has not ended, what its request has taken stays taken.
    pub const fn is_never_quarantined(self) -> bool {
        matches!(self, Self::ProvisioningUndo)
    }
}

impl fmt::Display for JobKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// No kind of job has this name; the text says which there are.
#[derive(Debug, Clone)]
pub struct UnknownKind(String);

impl fmt::Display for UnknownKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known: Vec<_> = JobKind::ALL.iter().map(|kind| kind.as_str()).collect();
        write!(f, "unknown kind of job `{}`; there are {}", self.0, known.join(", "))
    }
}

impl std::error::Error for UnknownKind {}

impl FromStr for JobKind {
    type Err = UnknownKind;

    fn from_str(name: &str) -> Result<Self, UnknownKind> {
        let known = Self::ALL.iter().find(|kind| kind.as_str() == name);
        known.copied().ok_or_else(|| UnknownKind(name.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::JobKind;
    use crate::config::Settings;

    #[test]
    fn every_kind_has_settings_and_the_settings_have_no_other() {
        let settings = Settings::default();
        let mut names: Vec<_> = settings.jobs.iter().map(|(name, _)| name.to_owned()).collect();
        names.sort();
        let mut kinds: Vec<_> = JobKind::ALL.iter().map(|kind| kind.as_str().to_owned()).collect();
        kinds.sort();
        assert_eq!(names, kinds);
    }
}
