//! Invoices: what customers are asked to pay for a month that is over, and what they have paid.
//!
//! ```text
//! calendar, or command ─► jobs: a run, and an invoice job for each batch of customers     one transaction
//! invoice ─► numbers, invoices, events, mail jobs; the batch's count and its end          one transaction
//! invoice_mail ─► a mail of a fixed id, and the evidence of it
//! payment ─► shared out to open invoices; who owes nothing overdue is active again        one transaction
//! ```
//!
//! What is charged is decided in [`super::charges`]; docs/billing.md states the rules in words.

mod accounts;
mod arrears;
mod balance;
mod bill;
mod calendar;
pub mod document;
mod left_out;
mod mail;
mod numbers;
mod payments;
mod printed;
mod render;
mod run;
mod seller;
mod settle;
mod sheet;
mod standing;
mod taxes;
mod unchanged;

pub use accounts::Bounds;
pub use arrears::Arrears;
pub use balance::{Balance, balance};
pub(super) use bill::bill_within;
pub use bill::{Billed, bill};
pub use calendar::{NextRun, begin_by_hand, begin_due, mark_overdue, next_runs};
pub(super) use calendar::{mark_some, note};
pub use left_out::LeftOut;
pub use mail::{Mailing, mailed, message};
pub use payments::{NewPayment, Received, pay};
pub use printed::{decimal, printed};
pub use render::{InvoiceRenderer, RenderedInvoice, render};
pub use run::{Begun, Preview, begin, month, preview};
pub use sheet::Unbilled;
pub use taxes::{set_tax, taxes};

use super::{
    charges::{Month, Zone},
    customers,
    paging::Page,
};
use crate::{
    Kernel,
    error::{Error, Result},
};
use entities::{
    ids::{CustomerId, InvoiceId, OrganizationId},
    invoice::{self, InvoiceStatus},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

/// What events call an invoice.
const RESOURCE: &str = "invoice";

/// The organization's newest invoices, newest first, at most `limit`.
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
