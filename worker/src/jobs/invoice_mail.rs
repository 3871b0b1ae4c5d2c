//! `invoice_mail`: mails an invoice to its customer, drawn as PDF at that time.
//!
//! Triggered by the finalisation of the invoice, in its transaction.
//!
//! Characters that no font has are named in its result, and in the log.
//!
//! Safe to run twice: an invoice that has been mailed is not mailed again, and the `Message-ID` is made of the
//! invoice's number, so that a message that was taken twice, because the answer to the first was lost, is one and
//! the same to mail programs.

use crate::{
    context::JobContext,
    outcome::{JobResult, Outcome},
};
use kernel::{
    Error,
    domain::invoices::{self, Mailing, RenderedInvoice},
    jobs::InvoiceMail,
    mail::{Attachment, OutgoingEmail},
};

/// Runs the job. Its result is the evidence: what the server answered; the invoice keeps it too.
pub(super) async fn run(context: &JobContext) -> JobResult {
    let InvoiceMail { invoice } = context.payload()?;
    let (kernel, request_id) = (&context.kernel, context.job.request_id.as_deref());
    let organization = context.actor()?.organization;
    let Some(mailing) = invoices::message(kernel, organization, invoice).await? else {
        return Ok(Outcome::Done(None));
    };
    let (letter, missing) = letter(context, mailing).await?;
    let sent = kernel.mailer.send(&letter, request_id, kernel.clock.now()).await?;
    invoices::mailed(kernel.db.writer(), kernel, invoice, &sent).await?;
    let mut evidence = serde_json::to_value(sent).map_err(Error::from)?;
    if !missing.is_empty() {
        evidence[MISSING] = missing.into();
    }
    Ok(Outcome::Done(Some(evidence)))
}

/// The property of the result that names the characters which are boxes on the invoice.
const MISSING: &str = "missing_characters";

/// The letter, and the characters of the invoice that no font has.
async fn letter(context: &JobContext, mailing: Mailing) -> Result<(OutgoingEmail, String), Error> {
    let Mailing { email, file_name, invoice } = mailing;
    let renderer = context.shared.renderer.clone();
    let RenderedInvoice { pdf: bytes, missing } = invoices::render(renderer, invoice).await?;
    let attachment = Attachment { file_name, content_type: "application/pdf".to_owned(), bytes };
    Ok((OutgoingEmail { email, attachments: vec![attachment] }, missing))
}
