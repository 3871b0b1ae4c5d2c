//! The handlers, a file a kind, under the names of their payloads in the kernel.

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
mod subscription_change;
mod webhook_delivery;
mod webhook_fanout;

pub(crate) use provisioning::Installations;

use crate::{
    context::JobContext,
    outcome::{JobResult, Outcome},
};
use kernel::jobs::Kind;

/// Runs the handler of the kind. This is the list that does not compile when a kind is forgotten.
pub(crate) async fn run(kind: Kind, context: JobContext) -> Outcome {
    let result: JobResult = match kind {
        Kind::BulkImport => bulk_import::run(&context).await,
        Kind::BulkImportChunk => bulk_import_chunk::run(&context).await,
        Kind::Email => email::run(&context).await,
        Kind::Invoice => invoice::run(&context).await,
        Kind::InvoiceMail => invoice_mail::run(&context).await,
        Kind::InvoiceRun => invoice_run::run(&context).await,
        Kind::NetworkSync => network_sync::run(&context).await,
        Kind::Probe => probe::run(&context).await,
        Kind::ProvisionAttempt => provision_attempt::run(&context).await,
        Kind::Provisioning | Kind::ProvisioningUndo => provisioning::run(&context, kind).await,
        Kind::SubscriptionChange => subscription_change::run(&context).await,
        Kind::WebhookDelivery => webhook_delivery::run(&context).await,
        Kind::WebhookFanout => webhook_fanout::run(&context).await,
    };
    result.unwrap_or_else(|outcome| outcome)
}
