//! `invoice_mail`: mails an invoice to its customer, drawn as PDF at that time.
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
use kernel::{
    Error,
    domain::invoices::{self, Mailing},
    jobs::InvoiceMail,
    mail::{Attachment, Letter},
};

/// Runs the job. Its result is the evidence: what the server answered; the invoice keeps it too.
pub(super) async fn run(context: &JobContext) -> JobResult {
    let InvoiceMail { invoice } = context.payload()?;
    let (kernel, request_id) = (&context.kernel, context.job.request_id.as_deref());
    let organization = context.actor()?.organization;
    let Some(mailing) = invoices::message(kernel, organization, invoice).await? else {
        return Ok(Outcome::Done(None));
    };
    let letter = letter(context, mailing).await?;
    let sent = kernel.mailer.send(&letter, request_id, kernel.clock.now()).await?;
    invoices::mailed(kernel.db.writer(), kernel, invoice, &sent).await?;
    Ok(Outcome::Done(Some(serde_json::to_value(sent).map_err(Error::from)?)))
}

async fn letter(context: &JobContext, mailing: Mailing) -> Result<Letter, Error> {
    let Mailing { email, file_name, invoice } = mailing;
    let bytes = context.shared.printer.render(&invoice).await?;
    let attachment = Attachment { file_name, content_type: "application/pdf".to_owned(), bytes };
    Ok(Letter { email, attachments: vec![attachment] })
}
