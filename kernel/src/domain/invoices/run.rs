//! A run: a month billed to all customers of an organization, in batches that are jobs.

use super::{
    Arrears, Bounds, Month,
    accounts::{self, Batches},
    left_out::{self, LeftOut},
    sheet::{Unbilled, cents},
    unchanged,
};
use crate::{
    Kernel, UnitOfWork,
    domain::{
        charges::{Refused, from_cents},
        organizations,
    },
    error::{Error, Fault, Field, Result},
    events,
    jobs::{Invoice, InvoiceRun, Job},
    ledger::{self, NewJob},
};
use entities::{
    ids::{JobId, OrganizationId},
    job,
};
use rust_decimal::Decimal;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

/// A run that goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Begun {
    /// Its job.
    pub job: JobId,
    /// Customers whom it looks at.
    pub customers: i64,
    /// Whether it was begun before this call.
    pub is_old: bool,
}

/// What a run would make.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preview {
    /// How many invoices.
    pub invoices: usize,
    /// Their sum before tax, in dollars.
    pub subtotal: Decimal,
    /// The tax on them, in dollars.
    pub tax: Decimal,
    /// Who would get none, though there is something to charge, and why.
    pub unbilled: Vec<Unbilled>,
    /// Subscriptions of which nothing is charged, and why.
    pub left_out: Vec<LeftOut>,
    /// Subscriptions that are charged at the plan before, since the network has not been given the new one, and why.
    pub unchanged: Vec<LeftOut>,
    /// What is charged for months before.
    pub arrears: Vec<Arrears>,
    /// Subscriptions that are not charged since a sandbox credential has ordered them.
    pub sandboxed: i64,
    /// Customers who have an invoice of the month already.
    pub billed_before: i64,
}

/// Begins the run of a month that is over, and records `invoice_run.created`; none where there is nobody to
/// charge. While one of the month is open there is no other. Again later, it bills those that have no invoice.
pub async fn begin(work: &UnitOfWork, month: Month) -> Result<Option<Begun>> {
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
        // Its errors say who was not billed, and why.
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
    Ok(Some(Begun { job, customers, is_old: false }))
}

/// What the run of a month would make if it were now; nothing is written.
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
        let sheets = accounts::sheets(kernel.db.reader(), organization, &terms, bounds).await?;
        preview.invoices += sheets.billed.len();
        for sheet in sheets.billed {
            subtotal += cents(sheet.subtotal)?;
            tax += cents(sheet.tax.amount)?;
            preview.arrears.extend(sheet.arrears);
        }
        preview.unbilled.extend(sheets.unbilled);
        preview.left_out.extend(sheets.idle.into_iter().map(LeftOut::idle));
    }
    Ok(Preview { subtotal: from_cents(subtotal), tax: from_cents(tax), ..preview })
}

async fn batches(kernel: &Kernel, organization: OrganizationId, month: Month) -> Result<Batches> {
    let db = kernel.db.reader();
    let span = month.span(&organizations::zone(db, organization).await?);
    if kernel.clock.now() < span.to {
        let message = format!("{month} is not over");
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
    (Bounds { after, until }, customers): (Bounds, i64),
    number: u32,
) -> Result<NewJob> {
    let payload = Invoice { run, number, month: month.to_string(), customers, after, until };
    let job = NewJob::new(Some(work.actor.organization), &payload)?.part_of(run).total(customers);
    Ok(job.request_id(work.actor.request_id.clone()))
}

/// The run of the month that is open.
async fn open(work: &UnitOfWork, month: Month) -> Result<Begun> {
    let key = format!("{}:{month}", work.actor.organization);
    let found = job::Entity::find()
        .filter(job::Column::Kind.eq(InvoiceRun::KIND.as_str()))
        .filter(job::Column::UniqueKey.eq(key))
        .filter(job::Column::FinishedAt.is_null());
    let job = found.one(&work.transaction().await?).await?;
    let job = job.ok_or_else(|| Error::internal("the open run has just ended"))?;
    Ok(Begun { job: job.id, customers: job.total.unwrap_or(0), is_old: true })
}

/// The month that a text or a payload names: `2026-11`.
pub fn month(text: &str) -> Result<Month> {
    text.parse().map_err(|refused: Refused| refused.of(Field::Month))
}
