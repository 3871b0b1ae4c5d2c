//! The mail with an invoice, and the record of its sending.

use super::{document, printed};
use chrono::NaiveDate;
use entities::{
    ids::{InvoiceId, OrganizationId},
    invoice,
};
use kernel::Kernel;
use platform::{
    error::{Error, Result},
    mail::{Email, Sent},
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ConnectionTrait};
use std::fmt::Write;

/// An invoice to mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailing {
    /// The message.
    pub email: Email,
    /// The file name of the attachment.
    pub file_name: String,
    /// The invoice to render.
    pub invoice: document::Invoice,
}

/// The mail with an invoice of the organization; `None` if it was sent. Its id is derived from the number, so that
/// copies are recognized.
pub async fn message(
    kernel: &Kernel,
    organization: OrganizationId,
    id: InvoiceId,
) -> Result<Option<Mailing>> {
    let db = kernel.db.reader();
    let kept = invoice::Entity::one_of(organization, id).one(db).await?.ok_or(Error::NotFound("Invoice"))?;
    let Some(number) = kept.number.filter(|_| kept.mailed_at.is_none()) else { return Ok(None) };
    let invoice = printed(db, organization, id).await?;
    let email = Email {
        to: vec![invoice.buyer.email.clone()],
        subject: format!("{}: invoice {number}", invoice.seller.name),
        text: text(&number, &invoice)?,
        message_id: kernel.mailer.message_id(&format!("invoice-{organization}-{number}"))?,
    };
    Ok(Some(Mailing { email, file_name: format!("{number}.pdf"), invoice }))
}

/// Stores the result of the mail with the invoice.
pub async fn mailed(
    transaction: &impl ConnectionTrait,
    kernel: &Kernel,
    id: InvoiceId,
    answer: &Sent,
) -> Result<()> {
    let evidence = invoice::ActiveModel {
        id: Set(id),
        mailed_at: Set(Some(kernel.clock.now())),
        mail_answer: Set(Some(serde_json::to_value(answer)?)),
        ..Default::default()
    };
    evidence.update(transaction).await?;
    Ok(())
}

/// The invoice as plain text.
fn text(number: &str, invoice: &document::Invoice) -> Result<String> {
    let document::Invoice { seller, buyer, period_start, period_end, currency, .. } = invoice;
    let mut text = format!(
        "Dear {},\n\nthis is your invoice {number} of {},\nfor {} to {}:\n\n",
        buyer.company.as_ref().unwrap_or(&buyer.name),
        day(invoice.issued_on),
        day(*period_start),
        day(*period_end),
    );
    let mut say = |line: String| writeln!(text, "{line}").map_err(Error::internal);
    for line in &invoice.lines {
        say(format!("  {}: {} {currency}", line.description, line.amount))?;
    }
    say(format!("\n  Subtotal: {} {currency}", invoice.subtotal))?;
    say(format!("  Tax ({} %): {} {currency}", invoice.tax_rate, invoice.tax))?;
    say(format!("  Total: {} {currency}", invoice.total))?;
    if invoice.balance_due.is_zero() {
        say("\nIt is paid.".into())?;
    } else {
        say(format!("\nPlease pay {} {currency} by {}.", invoice.balance_due, day(invoice.due_on)))?;
        if !seller.bank_details.is_empty() {
            say(format!("Pay to:\n  {}", seller.bank_details.join("\n  ")))?;
        }
    }
    say(format!("\n{}", seller.name))?;
    let tax_number = seller.tax_number.as_ref().map(|number| format!("Tax number: {number}"));
    let more = seller.address.iter().chain(&tax_number).chain(&seller.email).chain(&seller.phone);
    for line in more {
        say(line.clone())?;
    }
    Ok(text)
}

fn day(date: NaiveDate) -> String {
    date.format("%-d %B %Y").to_string()
}
