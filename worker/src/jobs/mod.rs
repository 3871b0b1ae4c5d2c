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

use crate::{
    context::JobContext,
    outcome::{JobResult, Outcome},
};
use engine::jobs::{Job, JobKind, Probe};
use isp::payloads::{
    BulkImport, BulkImportChunk, Invoice, InvoiceMail, InvoiceRun, NetworkSync, ProvisionAttempt,
    Provisioning, ProvisioningUndo, SubscriptionChange,
};
use kernel::events::WebhookFanout;
use platform::mail::Email;
use webhooks::WebhookDelivery;

macro_rules! handlers {
    ($($payload:ty => $run:path),+ $(,)?) => {
        /// Every kind of job: those that have a handler.
        pub static KINDS: &[JobKind] = &[$(<$payload as Job>::KIND),+];

        /// Runs the handler of the kind.
        pub(crate) async fn run(kind: JobKind, context: JobContext) -> Outcome {
            let result: JobResult = match kind {
                $(<$payload as Job>::KIND => $run(&context).await,)+
                _ => Err(Outcome::GiveUp(format!("no handler for jobs of the kind {kind}"))),
            };
            result.unwrap_or_else(|outcome| outcome)
        }
    };
}

handlers! {
    BulkImport => bulk_import::run,
    BulkImportChunk => bulk_import_chunk::run,
    Email => email::run,
    Invoice => invoice::run,
    InvoiceMail => invoice_mail::run,
    InvoiceRun => invoice_run::run,
    NetworkSync => network_sync::run,
    Probe => probe::run,
    ProvisionAttempt => provision_attempt::run,
    Provisioning => provisioning::run,
    ProvisioningUndo => provisioning::run_undo,
    SubscriptionChange => subscription_change::run,
    WebhookDelivery => webhook_delivery::run,
    WebhookFanout => webhook_fanout::run,
}

/// The kind of this name. Fails with a text that says which there are.
pub fn find_kind(name: &str) -> Result<JobKind, String> {
    KINDS.iter().find(|kind| kind.as_str() == name).copied().ok_or_else(|| {
        let known: Vec<_> = KINDS.iter().map(|kind| kind.as_str()).collect();
        format!("unknown kind of job `{name}`; there are {}", known.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::KINDS;
    use platform::config::Settings;

    #[test]
    fn every_kind_has_settings_and_the_settings_have_no_other() {
        let settings = Settings::default();
        let mut names: Vec<_> = settings.jobs.iter().map(|(name, _)| name.to_owned()).collect();
        names.sort();
        let mut kinds: Vec<_> = KINDS.iter().map(|kind| kind.as_str().to_owned()).collect();
        kinds.sort();
        assert_eq!(names, kinds);
    }
}
