//! Runs: a month billed to all customers of an organization, in batches that are jobs.

use super::{
    Arrears, CustomerRange, Month,
    accounts::{self, Batches},
    draft::{Unbilled, cents},
    left_out::{self, LeftOut},
    unchanged,
};
use crate::{
    charges::{ChargeError, from_cents},
    payloads::{Invoice, InvoiceRun},
};
use engine::{
    jobs::Job,
    ledger::{self, NewJob},
};
use entities::{
    ids::{JobId, OrganizationId},
    job,
};
use kernel::{Kernel, UnitOfWork, events, organizations};
use platform::error::{Error, Fault, Field, Result};
use rust_decimal::Decimal;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

/// A started run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StartedRun {
    /// Its job.
    pub job: JobId,
    /// The number of customers.
    pub customers: i64,
    /// Whether it was already open.
    pub is_old: bool,
}

/// The preview of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preview {
    /// The number of invoices.
    pub invoices: usize,
    /// Their total before tax, in dollars.
    pub subtotal: Decimal,
    /// The tax on them, in dollars.
    pub tax: Decimal,
    /// Customers with charges but without an invoice, and why.
    pub unbilled: Vec<Unbilled>,
    /// Subscriptions without charges, and why.
    pub left_out: Vec<LeftOut>,
    /// Subscriptions charged at the previous plan, because the new one is not provisioned, and why.
    pub unchanged: Vec<LeftOut>,
    /// The arrears.
    pub arrears: Vec<Arrears>,
    /// The number of subscriptions not charged because a sandbox credential ordered them.
    pub sandboxed: i64,
    /// The number of customers already invoiced for the month.
    pub billed_before: i64,
}

/// Starts the run of a past month, and records `invoice_run.created`; `None` if there is no customer to charge. At most
/// one run of a month is open. A repeated run bills customers without an invoice.
pub async fn begin(work: &UnitOfWork, month: Month) -> Result<Option<StartedRun>> {
    let organization = work.actor.organization;
    let Batches { bounds, customers } = batches(&work.kernel, organization, month).await?;
    if customers == 0 {
        return Ok(None);
    }
    let payload = InvoiceRun { month: month.to_string() };
    let parent = NewJob::new(Some(organization), &payload)?
        .unique(&payload.month)
        .total(customers)
        .waits_for(i32::try_from(bounds.len()).unwrap_or(i32::MAX))
        .request_id(work.actor.request_id.clone())
        // Its errors name customers that were not billed, and why.
        .expires_at(work.now() + work.kernel.settings.retention.failed);
    let job = parent.id;
    let transaction = work.transaction().await?;
    if !ledger::enqueue(&transaction, vec![parent], work.now()).await?.duplicates.is_empty() {
        return open(work, month).await.map(Some);
    }
    let parts = bounds.into_iter().zip(0..).map(|(batch, number)| part(work, job, month, batch, number));
    let parts = parts.collect::<Result<Vec<_>>>()?;
    let pushes = ledger::enqueue(&transaction, parts, work.now()).await?.pushes;
    work.enqueue_on_commit(pushes);
    let payload = json!({ "month": month.to_string(), "customers": customers });
    let event = events::event(&work.actor, "invoice_run.created", ("job", job.0), &payload, work.now())?;
    work.record([event]);
    Ok(Some(StartedRun { job, customers, is_old: false }))
}

/// Previews the run of a month without writing.
pub async fn preview(kernel: &Kernel, organization: OrganizationId, month: Month) -> Result<Preview> {
    let Batches { bounds, .. } = batches(kernel, organization, month).await?;
    let terms = accounts::terms(kernel.db.reader(), organization, month).await?;
    let (mut preview, mut subtotal, mut tax) = (Preview::default(), 0, 0);
    preview.left_out = left_out::not_installed(kernel, organization, month, &terms.zone).await?;
    preview.unchanged = unchanged::unchanged(kernel, organization, month, &terms.zone).await?;
    let span = month.span(&terms.zone);
    preview.sandboxed = accounts::sandboxed(kernel.db.reader(), organization, span).await?;
    preview.billed_before = left_out::billed_before(kernel, organization, month).await?;
    for (bounds, _) in bounds {
        let drafts = accounts::drafts(kernel.db.reader(), organization, &terms, bounds).await?;
        preview.invoices += drafts.billed.len();
        for draft in drafts.billed {
            subtotal += cents(draft.subtotal)?;
            tax += cents(draft.tax.amount)?;
            preview.arrears.extend(draft.arrears);
        }
        preview.unbilled.extend(drafts.unbilled);
        preview.left_out.extend(drafts.idle.into_iter().map(LeftOut::idle));
    }
    Ok(Preview { subtotal: from_cents(subtotal), tax: from_cents(tax), ..preview })
}

async fn batches(kernel: &Kernel, organization: OrganizationId, month: Month) -> Result<Batches> {
    let db = kernel.db.reader();
    let span = month.span(&organizations::zone(db, organization).await?);
    if kernel.clock.now() < span.to {
        let message = format!("{month} has not ended");
        return Err(Error::Invalid {
            message: message.clone(),
            faults: vec![Fault::field(Field::Month, message)],
        });
    }
    accounts::batches(db, organization, span, kernel.settings.invoices.batch).await
}

fn part(
    work: &UnitOfWork,
    run: JobId,
    month: Month,
    (CustomerRange { after, until }, customers): (CustomerRange, i64),
    number: u32,
) -> Result<NewJob> {
    let payload = Invoice { run, number, month: month.to_string(), customers, after, until };
    let job = NewJob::new(Some(work.actor.organization), &payload)?.part_of(run).total(customers);
    Ok(job.request_id(work.actor.request_id.clone()))
}

/// The open run of the month.
async fn open(work: &UnitOfWork, month: Month) -> Result<StartedRun> {
    let key = format!("{}:{month}", work.actor.organization);
    let found = job::Entity::find()
        .filter(job::Column::Kind.eq(InvoiceRun::KIND.as_str()))
        .filter(job::Column::UniqueKey.eq(key))
        .filter(job::Column::FinishedAt.is_null());
    let job = found.one(&work.transaction().await?).await?;
    let job = job.ok_or_else(|| Error::internal("the open run has just ended"))?;
    Ok(StartedRun { job: job.id, customers: job.total.unwrap_or(0), is_old: true })
}

/// Parses a month: `2026-11`.
pub fn month(text: &str) -> Result<Month> {
    text.parse().map_err(|refused: ChargeError| refused.of(Field::Month))
}
