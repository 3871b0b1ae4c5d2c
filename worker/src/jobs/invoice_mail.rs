//! `invoice_mail`: mails an invoice to its customer.
//!
//! Triggered by the finalisation of the invoice, in its transaction.
//!
//! Safe to run twice: an invoice that has been mailed is not mailed again, and the `Message-ID` is made of the
//! invoice's number, so that a message that was taken twice, because the answer to the first was lost, is one and
//! the same to mail programs.

use crate::{
    context::JobContext,
    outcome::{JobResult, Outcome},
};
use kernel::{Error, domain::invoices, jobs::InvoiceMail};

/// Runs the job. Its result is the evidence: what the server answered; the invoice keeps it too.
pub(super) async fn run(context: &JobContext) -> JobResult {
    let InvoiceMail { invoice } = context.payload()?;
    let (kernel, request_id) = (&context.kernel, context.job.request_id.as_deref());
    let organization = context.actor()?.organization;
    let Some(email) = invoices::message(kernel, organization, invoice).await? else {
        return Ok(Outcome::Done(None));
    };
    let sent = kernel.mailer.send(&email, request_id, kernel.clock.now()).await?;
    invoices::mailed(kernel.db.writer(), kernel, invoice, &sent).await?;
    Ok(Outcome::Done(Some(serde_json::to_value(sent).map_err(Error::from)?)))
}
