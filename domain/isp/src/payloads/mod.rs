//! The payloads of the domain's jobs, one file per kind. The handlers are in the worker, under the same names.

mod bulk_import;
mod bulk_import_chunk;
mod invoice;
mod invoice_mail;
mod invoice_run;
mod network_sync;
mod provision_attempt;
mod provisioning;
mod provisioning_undo;
mod subscription_change;

pub use bulk_import::{BulkImport, ImportRow, Options, Rejection, RowContent, Source};
pub use bulk_import_chunk::BulkImportChunk;
pub use invoice::Invoice;
pub use invoice_mail::InvoiceMail;
pub use invoice_run::InvoiceRun;
pub use network_sync::NetworkSync;
pub use provision_attempt::ProvisionAttempt;
pub use provisioning::Provisioning;
pub use provisioning_undo::ProvisioningUndo;
pub use subscription_change::SubscriptionChange;
