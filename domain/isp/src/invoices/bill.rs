//! Creates the invoices of a batch of customers in one transaction, with a fixed number of statements.

use super::{
    Month, RESOURCE,
    accounts::{self, CustomerRange, InvoiceDrafts},
    draft::{InvoiceDraft, Terms, Unbilled, cents},
    numbers, seller, settle,
};
use crate::payloads::InvoiceMail;
use chrono::{DateTime, Datelike, Days, Utc};
use engine::ledger::{self, NewJob};
use entities::{
    ids::{CustomerId, InvoiceId},
    invoice::{self, InvoiceStatus, Lines},
};
use kernel::{UnitOfWork, events, organizations};
use platform::{
    bulk::{self, SqlType},
    error::{Dependency, Error, Result},
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde::Serialize;
use std::ops::Range;

/// Complete and final.
const CURRENCY: &str = "USD";

const FIELDS: &bulk::Fields = &[
    ("id", SqlType::Uuid),
    ("organization_id", SqlType::Uuid),
    ("customer_id", SqlType::Uuid),
    ("month", SqlType::Text),
    ("period_start", SqlType::Time),
    ("period_end", SqlType::Time),
    ("number", SqlType::Text),
    ("status", SqlType::Text),
    ("lines", SqlType::Json),
    ("subtotal_cents", SqlType::Int),
    ("tax_cents", SqlType::Int),
    ("total_cents", SqlType::Int),
    ("paid_cents", SqlType::Int),
    ("tax_rate", SqlType::Text),
    ("currency", SqlType::Text),
    ("due_at", SqlType::Time),
    ("paid_at", SqlType::Time),
    ("payment_method", SqlType::Text),
    ("finalised_at", SqlType::Time),
    ("mailed_at", SqlType::Time),
    ("mail_answer", SqlType::Json),
    ("seller", SqlType::Json),
    ("created_at", SqlType::Time),
    ("updated_at", SqlType::Time),
];

/// The result of a batch.
#[derive(Debug, Clone, Default)]
pub struct Billed {
    /// The created invoices, by number.
    pub invoices: Vec<invoice::Model>,
    /// Customers without an invoice, and why.
    pub unbilled: Vec<Unbilled>,
}

/// Creates the invoices of a month for the customers of a range without one; assigns numbers, applies credit, records
/// `invoice.created` and enqueues mail. `Unavailable` if another run has just billed one of them: nothing is written
/// then, and the next attempt skips that customer.
pub async fn bill(work: &UnitOfWork, month: Month, bounds: CustomerRange) -> Result<Billed> {
    let (db, organization) = (work.kernel.db.reader(), work.actor.organization);
    let terms = accounts::terms(db, organization, month).await?;
    // Computed before numbers are taken, because others then have to wait for numbers.
    let drafts = accounts::drafts(db, organization, &terms, bounds).await?;
    finalise(work, &terms, drafts).await
}

/// Like [`bill`], in the same transaction as the data to bill.
pub(crate) async fn bill_within(work: &UnitOfWork, month: Month, bounds: CustomerRange) -> Result<Billed> {
    let transaction = work.transaction().await?;
    let organization = work.actor.organization;
    let terms = accounts::terms(&transaction, organization, month).await?;
    let drafts = accounts::drafts(&transaction, organization, &terms, bounds).await?;
    finalise(work, &terms, drafts).await
}

async fn finalise(
    work: &UnitOfWork,
    terms: &Terms,
    InvoiceDrafts { billed, unbilled, arrears, .. }: InvoiceDrafts,
) -> Result<Billed> {
    if billed.is_empty() {
        return Ok(Billed { invoices: vec![], unbilled });
    }
    let organization = work.actor.organization;
    let (now, count) = (work.now(), i64::try_from(billed.len()).unwrap_or(i64::MAX));
    let transaction = work.transaction().await?;
    let year = terms.zone.date(now).year();
    let numbers = numbers::take(&transaction, organization, year, count).await?;
    // From here on, no other transaction creates invoices of the organization.
    if !arrears.is_unchanged(&transaction).await? {
        return Err(billed_meanwhile());
    }
    let seller = seller::current(&transaction, organization).await?;
    let invoices = finalised(work, terms, billed, ((year, numbers), &seller), now)?;
    insert(&transaction, &invoices).await?;
    let event = |invoice: &invoice::Model| {
        events::event(&work.actor, "invoice.created", (RESOURCE, invoice.id.0), invoice, now)
    };
    work.record(invoices.iter().map(event).collect::<Result<Vec<_>>>()?);
    mail(work, &invoices).await?;
    settle::credit(work, invoices.iter().map(|invoice| invoice.customer_id)).await?;
    Ok(Billed { invoices, unbilled })
}

fn finalised(
    work: &UnitOfWork,
    terms: &Terms,
    drafts: Vec<InvoiceDraft>,
    ((year, numbers), seller): ((i32, Range<i64>), &invoice::Seller),
    now: DateTime<Utc>,
) -> Result<Vec<invoice::Model>> {
    let days = Days::new(work.kernel.settings.invoices.due_days as u64);
    let today = terms.zone.date(now);
    let due_at = terms.zone.last_second(today.checked_add_days(days).unwrap_or(today));
    let period = terms.month.span(&terms.zone);
    let invoice = |(draft, number): (InvoiceDraft, i64)| {
        let (subtotal_cents, tax_cents) = (cents(draft.subtotal)?, cents(draft.tax.amount)?);
        let total_cents = subtotal_cents + tax_cents;
        // An invoice over 0 is paid immediately.
        let is_paid = total_cents <= 0;
        Ok(invoice::Model {
            id: InvoiceId::new(),
            organization_id: work.actor.organization,
            customer_id: draft.customer,
            month: terms.month.to_string(),
            period_start: period.from,
            period_end: period.to,
            number: Some(numbers::shown(year, number)),
            status: if is_paid { InvoiceStatus::Paid } else { InvoiceStatus::Pending },
            lines: Lines(draft.lines),
            subtotal_cents,
            tax_cents,
            total_cents,
            paid_cents: 0,
            tax_rate: draft.tax.rate.normalize().to_string(),
            currency: CURRENCY.into(),
            due_at,
            paid_at: is_paid.then_some(now),
            payment_method: None,
            finalised_at: Some(now),
            mailed_at: None,
            mail_answer: None,
            seller: Some(seller.clone()),
            created_at: now,
            updated_at: now,
        })
    };
    drafts.into_iter().zip(numbers).map(invoice).collect()
}

/// Inserts all of them, or fails.
async fn insert(transaction: &impl ConnectionTrait, invoices: &[invoice::Model]) -> Result<()> {
    #[derive(Serialize)]
    struct Row<'a> {
        #[serde(flatten)]
        invoice: &'a invoice::Model,
        seller: &'a Option<invoice::Seller>,
    }
    #[derive(FromQueryResult)]
    struct Inserted {
        #[allow(dead_code, reason = "the rows are counted")]
        customer_id: CustomerId,
    }
    let sql = "insert into invoices ({columns}) select {columns} from {rows} where true
      on conflict do nothing returning customer_id";
    let rows: Vec<_> = invoices.iter().map(|invoice| Row { invoice, seller: &invoice.seller }).collect();
    let statement = bulk::statement(transaction, sql, FIELDS, &rows, [])?;
    let inserted = Inserted::find_by_statement(statement).all(transaction).await?;
    if inserted.len() == invoices.len() {
        return Ok(());
    }
    Err(billed_meanwhile())
}

fn billed_meanwhile() -> Error {
    Error::unavailable(Dependency::Database, "another run has just billed some of these customers")
}

/// Enqueues one mail each, if invoices are mailed and the organization is not a sandbox.
async fn mail(work: &UnitOfWork, invoices: &[invoice::Model]) -> Result<()> {
    if !work.kernel.settings.invoices.mail
        || organizations::is_sandbox(&work.transaction().await?, work.actor.organization).await?
    {
        return Ok(());
    }
    let job = |invoice: &invoice::Model| {
        let payload = InvoiceMail { invoice: invoice.id };
        let job = NewJob::new(Some(invoice.organization_id), &payload)?;
        Ok(job.unique(&invoice.id.to_string()).request_id(work.actor.request_id.clone()))
    };
    let jobs = invoices.iter().map(job).collect::<Result<Vec<_>>>()?;
    let enqueued = ledger::enqueue(&work.transaction().await?, jobs, work.now()).await?;
    work.enqueue_on_commit(enqueued.pushes);
    Ok(())
}
