//! The handlers, one file per kind, named after their payloads in the kernel.

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

pub(crate) use provisioning::InstallBatcher;

use crate::{
    context::JobContext,
    outcome::{JobResult, Outcome},
};
use kernel::jobs::JobKind;

/// Runs the handler of the kind. The match is exhaustive, so a forgotten kind does not compile.
pub(crate) async fn run(kind: JobKind, context: JobContext) -> Outcome {
    let result: JobResult = match kind {
        JobKind::BulkImport => bulk_import::run(&context).await,
        JobKind::BulkImportChunk => bulk_import_chunk::run(&context).await,
        JobKind::Email => email::run(&context).await,
        JobKind::Invoice => invoice::run(&context).await,
        JobKind::InvoiceMail => invoice_mail::run(&context).await,
        JobKind::InvoiceRun => invoice_run::run(&context).await,
        JobKind::NetworkSync => network_sync::run(&context).await,
        JobKind::Probe => probe::run(&context).await,
        JobKind::ProvisionAttempt => provision_attempt::run(&context).await,
        JobKind::Provisioning | JobKind::ProvisioningUndo => provisioning::run(&context, kind).await,
        JobKind::SubscriptionChange => subscription_change::run(&context).await,
        JobKind::WebhookDelivery => webhook_delivery::run(&context).await,
        JobKind::WebhookFanout => webhook_fanout::run(&context).await,
    };
    result.unwrap_or_else(|outcome| outcome)
}
