//! Payments: recorded once per reference, and applied to open invoices.

use super::settle;
use crate::charges;
use entities::{
    customer,
    ids::{CustomerId, InvoiceId, OrganizationId, PaymentId},
    invoice,
    payment::{self, Applications},
};
use kernel::{UnitOfWork, events};
use platform::error::{Error, Fault, Field, Result};
use rust_decimal::Decimal;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
    SqlErr,
};

/// The maximum payment in cents: ten million dollars.
const MOST: i64 = 1_000_000_000;
/// Maximum length of external texts.
const LENGTH: usize = 200;

/// A new payment.
#[derive(Debug, Clone)]
pub struct NewPayment {
    /// The customer.
    pub customer: CustomerId,
    /// Dollars, in whole cents, positive.
    pub amount: Decimal,
    /// The method, such as `card`.
    pub method: String,
    /// The external reference: the same reference is the same payment.
    pub reference: String,
    /// The number of the invoice to pay first; the remainder, or everything without one, goes to the oldest.
    pub invoice: Option<String>,
}

/// A recorded payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The payment with its applications.
    pub payment: payment::Model,
    /// Whether it was already recorded; then nothing changes.
    pub is_old: bool,
}

/// Records a payment and applies it; records `payment.received`, and `invoice.paid` for each fully paid invoice.
/// `NotFound` if the organization has no such customer, or the customer no such invoice; `Conflict` if another payment
/// has the reference.
pub async fn pay(work: &UnitOfWork, new: NewPayment) -> Result<Received> {
    let payment = checked(work, &new)?;
    let transaction = work.transaction().await?;
    // Until the transaction ends, no other invoice is created or payment applied for this customer.
    let customer = customer::Entity::one_of(payment.organization_id, new.customer).lock_exclusive();
    customer.one(&transaction).await?.ok_or(Error::NotFound("Customer"))?;
    if let Some(known) = referred(&transaction, &payment).await? {
        return same(known, &payment).map(|payment| Received { payment, is_old: true });
    }
    let invoice_id = named(&transaction, &new, payment.organization_id).await?;
    let payment = payment::Model { invoice_id, ..payment };
    let inserted = payment.clone().into_active_model().insert(&transaction).await;
    inserted.map_err(|error| match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => taken(),
        _ => error.into(),
    })?;
    let (object, at) = (("payment", payment.id.0), payment.received_at);
    work.record([events::event(&work.actor, "payment.received", object, &payment, at)?]);
    settle::settle(work, &[new.customer], invoice_id).await?;
    let shared = payment::Entity::find_by_id(payment.id).one(&work.transaction().await?).await?;
    Ok(Received { payment: shared.unwrap_or(payment), is_old: false })
}

/// The row, if valid.
fn checked(work: &UnitOfWork, new: &NewPayment) -> Result<payment::Model> {
    let cents = charges::to_cents(new.amount).filter(|cents| (1..=MOST).contains(cents));
    let cents = cents.ok_or_else(|| {
        Error::invalid(Fault::field(Field::Amount, "must be whole cents, from 0.01 to 10,000,000"))
    })?;
    for (field, text) in [(Field::Method, &new.method), (Field::Reference, &new.reference)] {
        let good =
            !text.trim().is_empty() && text.chars().count() <= LENGTH && !text.contains(char::is_control);
        if !good {
            return Err(Error::invalid(Fault::field(
                field,
                format!("must be 1 to {LENGTH} printable characters"),
            )));
        }
    }
    Ok(payment::Model {
        id: PaymentId::new(),
        organization_id: work.actor.organization,
        customer_id: new.customer,
        invoice_id: None,
        amount_cents: cents,
        unapplied_cents: cents,
        applied: Applications::default(),
        method: new.method.clone(),
        reference: new.reference.clone(),
        received_at: work.now(),
    })
}

async fn referred(db: &impl ConnectionTrait, new: &payment::Model) -> Result<Option<payment::Model>> {
    let found = payment::Entity::find()
        .filter(payment::Column::OrganizationId.eq(new.organization_id))
        .filter(payment::Column::Reference.eq(&new.reference));
    Ok(found.one(db).await?)
}

/// The payment with the reference, if it is the same.
fn same(known: payment::Model, new: &payment::Model) -> Result<payment::Model> {
    let is_same = (known.customer_id, known.amount_cents) == (new.customer_id, new.amount_cents);
    if is_same { Ok(known) } else { Err(taken()) }
}

fn taken() -> Error {
    let message = "Another payment has this reference".into();
    Error::Conflict { message, field: Some(Field::Reference) }
}

async fn named(
    db: &impl ConnectionTrait,
    new: &NewPayment,
    organization: OrganizationId,
) -> Result<Option<InvoiceId>> {
    let Some(number) = &new.invoice else { return Ok(None) };
    let found = invoice::Entity::of(organization)
        .filter(invoice::Column::CustomerId.eq(new.customer))
        .filter(invoice::Column::Number.eq(number));
    let found = found.one(db).await?.ok_or(Error::NotFound("Invoice"))?;
    Ok(Some(found.id))
}
