//! Invoices for past months, and their payments.
//!
//! ```text
//! calendar, or command ─► jobs: a run, and an invoice job for each batch of customers     one transaction
//! invoice ─► numbers, invoices, events, mail jobs; the batch's count and its end          one transaction
//! invoice_mail ─► a mail of a fixed id, and the evidence of it
//! payment ─► shared out to open invoices; who owes nothing overdue is active again        one transaction
//! ```
//!
//! Charges are computed in [`crate::charges`]; docs/billing.md has the rules.

mod accounts;
mod arrears;
mod balance;
mod bill;
pub mod document;
mod draft;
mod left_out;
mod mail;
mod numbers;
mod past_due;
mod payments;
mod render;
mod render_model;
mod run;
mod scheduler;
mod seller;
mod settle;
mod taxes;
mod unchanged;

pub use accounts::CustomerRange;
pub use arrears::Arrears;
pub use balance::{Balance, balance};
pub(super) use bill::bill_within;
pub use bill::{Billed, bill};
pub use draft::Unbilled;
pub use left_out::LeftOut;
pub use mail::{Mailing, mailed, message};
pub use payments::{NewPayment, Received, pay};
pub use render::{InvoiceRenderer, RenderedInvoice, render};
pub use render_model::{decimal, printed};
pub use run::{Preview, StartedRun, begin, month, preview};
pub use scheduler::{NextRun, begin_by_hand, begin_due, mark_overdue, next_runs};
pub(super) use scheduler::{mark_billed, mark_overdue_batch};
pub use taxes::{set_tax, taxes};

use crate::{
    charges::{Month, Zone},
    customers,
};
use entities::{
    ids::{CustomerId, InvoiceId, OrganizationId},
    invoice::{self, InvoiceStatus},
};
use kernel::Kernel;
use platform::error::{Error, Result};
use platform::paging::Page;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

/// The resource type in events.
const RESOURCE: &str = "invoice";

/// The organization's latest invoices, newest first, at most `limit`.
pub async fn newest(
    kernel: &Kernel,
    organization: OrganizationId,
    status: Option<InvoiceStatus>,
    limit: u64,
) -> Result<Vec<invoice::Model>> {
    let newest = invoice::Entity::find()
        .filter(invoice::Column::OrganizationId.eq(organization))
        .apply_if(status, |query, status| query.filter(invoice::Column::Status.eq(status)))
        .order_by_desc(invoice::Column::Id)
        .limit(limit);
    Ok(newest.all(kernel.db.reader()).await?)
}

/// A page of the invoices of a customer of the organization, oldest first.
pub async fn of_customer(
    kernel: &Kernel,
    organization: OrganizationId,
    customer: CustomerId,
    page: u64,
    limit: u64,
) -> Result<Page<invoice::Model>> {
    let all = invoice::Entity::of(organization).filter(invoice::Column::CustomerId.eq(customer));
    let found = Page::of(kernel.db.reader(), all, page, limit).await?;
    if found.total == 0 {
        customers::get(kernel, organization, customer).await?;
    }
    Ok(found)
}

/// One invoice of the organization.
pub async fn get(kernel: &Kernel, organization: OrganizationId, id: InvoiceId) -> Result<invoice::Model> {
    let found = invoice::Entity::one_of(organization, id).one(kernel.db.reader()).await?;
    found.ok_or(Error::NotFound("Invoice"))
}

/// One invoice of the organization, by its number.
pub async fn numbered(kernel: &Kernel, organization: OrganizationId, number: &str) -> Result<invoice::Model> {
    let found = invoice::Entity::of(organization).filter(invoice::Column::Number.eq(number));
    found.one(kernel.db.reader()).await?.ok_or(Error::NotFound("Invoice"))
}
