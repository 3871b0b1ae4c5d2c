//! `invoice_mail`: mails an invoice to its customer, rendered as PDF at that time.
//!
//! Triggered by the finalisation of the invoice, in its transaction.
//!
//! The result and the log name characters without a font.
//!
//! Safe to run twice: an invoice is mailed once, and the `Message-ID` is derived from its number, so mail programs
//! recognize a duplicate sent because the response to the first was lost.

use crate::{
    context::JobContext,
    outcome::{JobResult, Outcome},
};
use isp::{
    invoices::{self, Mailing, RenderedInvoice},
    payloads::InvoiceMail,
};
use platform::{
    Error,
    mail::{Attachment, OutgoingEmail},
};

/// Runs the job. Its result is the server's response, which is stored with the invoice too.
pub(super) async fn run(context: &JobContext) -> JobResult {
    let InvoiceMail { invoice } = context.payload()?;
    let (kernel, request_id) = (&context.kernel, context.job.request_id.as_deref());
    let organization = context.actor()?.organization;
    let Some(mailing) = invoices::message(kernel, organization, invoice).await? else {
        return Ok(Outcome::Done(None));
    };
    let (email, missing) = email(context, mailing).await?;
    let sent = kernel.mailer.send(&email, request_id, kernel.clock.now()).await?;
    invoices::mailed(kernel.db.writer(), kernel, invoice, &sent).await?;
    let mut evidence = serde_json::to_value(sent).map_err(Error::from)?;
    if !missing.is_empty() {
        evidence[MISSING] = missing.into();
    }
    Ok(Outcome::Done(Some(evidence)))
}

/// The property of the result with the characters shown as boxes on the invoice.
const MISSING: &str = "missing_characters";

/// The message, and the characters of the invoice without a font.
async fn email(context: &JobContext, mailing: Mailing) -> Result<(OutgoingEmail, String), Error> {
    let Mailing { email, file_name, invoice } = mailing;
    let renderer = context.shared.renderer.clone();
    let RenderedInvoice { pdf: bytes, missing } = invoices::render(renderer, invoice).await?;
    let attachment = Attachment { file_name, content_type: "application/pdf".to_owned(), bytes };
    Ok((OutgoingEmail { email, attachments: vec![attachment] }, missing))
}
