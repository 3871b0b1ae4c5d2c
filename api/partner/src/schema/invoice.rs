//! Invoices, and what customers owe.

use crate::schema::envelope::envelope;
use edge::types::{Money, Nullable, Time};
use entities::{
    ids::CustomerId,
    invoice::{self, InvoiceStatus as Stored},
};
use isp::{
    charges::from_cents,
    invoices::{self, decimal},
};
use platform::Error;
use poem_openapi::{Enum, Object};

/// Status of an invoice in lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE", remote = "Stored")]
pub enum InvoiceStatus {
    /// Not finalised.
    Draft,
    /// To be paid.
    Pending,
    /// Paid whole.
    Paid,
    /// Not paid in time.
    Overdue,
    /// Taken back.
    Void,
}

/// Status of an invoice in its details. The contract's status for a cancelled invoice differs from the one in lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InvoiceDetailsStatus {
    /// Not finalised.
    Draft,
    /// To be paid.
    Pending,
    /// Paid whole.
    Paid,
    /// Not paid in time.
    Overdue,
    /// Taken back.
    Cancelled,
}

impl From<Stored> for InvoiceDetailsStatus {
    fn from(status: Stored) -> Self {
        match status {
            Stored::Draft => Self::Draft,
            Stored::Pending => Self::Pending,
            Stored::Paid => Self::Paid,
            Stored::Overdue => Self::Overdue,
            Stored::Void => Self::Cancelled,
        }
    }
}

/// A line item.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct InvoiceLine {
    /// Description, with the period charged.
    pub description: String,
    /// Quantity: the fraction of the month, or 1.
    pub quantity: Money,
    /// Price per month or per unit.
    pub unit_price: Money,
    /// Amount; negative for a discount.
    pub amount: Money,
}

impl TryFrom<invoice::Line> for InvoiceLine {
    type Error = Error;

    fn try_from(line: invoice::Line) -> Result<Self, Error> {
        Ok(Self {
            description: line.description,
            quantity: Money(decimal(&line.quantity)?),
            unit_price: Money(decimal(&line.unit_price)?),
            amount: Money(from_cents(line.amount_cents)),
        })
    }
}

fn lines(kept: invoice::Lines) -> Result<Vec<InvoiceLine>, Error> {
    kept.0.into_iter().map(TryInto::try_into).collect()
}

/// An invoice in a list.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct Invoice {
    /// Invoice ID: `inv_` and 26 characters.
    pub id: String,
    /// Customer ID.
    pub customer_id: String,
    /// Invoice number; empty for a draft.
    pub number: String,
    /// Current status.
    pub status: InvoiceStatus,
    /// Sum of the line items, before tax.
    pub amount: Money,
    /// Tax.
    pub tax: Money,
    /// Total, including tax.
    pub total: Money,
    /// Currency code, three letters.
    pub currency: String,
    /// Start of the billing period.
    pub period_start: Time,
    /// End of the billing period (exclusive).
    pub period_end: Time,
    /// Due date.
    pub due_date: Time,
    /// When it was paid in full.
    pub paid_at: Nullable<Time>,
    /// Line items.
    pub line_items: Vec<InvoiceLine>,
    /// Creation time.
    pub created_at: Time,
}

impl TryFrom<invoice::Model> for Invoice {
    type Error = Error;

    fn try_from(row: invoice::Model) -> Result<Self, Error> {
        Ok(Self {
            id: row.id.to_string(),
            customer_id: row.customer_id.to_string(),
            number: row.number.unwrap_or_default(),
            status: row.status.into(),
            amount: Money(from_cents(row.subtotal_cents)),
            tax: Money(from_cents(row.tax_cents)),
            total: Money(from_cents(row.total_cents)),
            currency: row.currency,
            period_start: Time(row.period_start),
            period_end: Time(row.period_end),
            due_date: Time(row.due_at),
            paid_at: Nullable(row.paid_at.map(Time)),
            line_items: lines(row.lines)?,
            created_at: Time(row.created_at),
        })
    }
}

envelope!(
    /// A page of a customer's invoices.
    InvoiceListResponse,
    /// The invoices, oldest first.
    page of Invoice
);

/// An invoice in detail.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct InvoiceDetails {
    /// Invoice ID: `inv_` and 26 characters.
    pub id: String,
    /// Customer ID.
    pub customer_id: String,
    /// Invoice number; empty for a draft.
    pub number: String,
    /// Current status.
    pub status: InvoiceDetailsStatus,
    /// Start of the billing period.
    pub period_start: Time,
    /// End of the billing period (exclusive).
    pub period_end: Time,
    /// Due date.
    pub due_date: Time,
    /// When it was paid in full.
    pub paid_date: Nullable<Time>,
    /// Line items.
    pub line_items: Vec<InvoiceLine>,
    /// Sum of the line items, before tax.
    pub subtotal: Money,
    /// Tax.
    pub tax: Money,
    /// Total, including tax.
    pub total: Money,
    /// Currency code, three letters.
    pub currency: String,
    /// Method of the most recent payment.
    pub payment_method: Nullable<String>,
    /// Creation time.
    pub created_at: Time,
    /// Time of the last change.
    pub updated_at: Time,
}

impl TryFrom<invoice::Model> for InvoiceDetails {
    type Error = Error;

    fn try_from(row: invoice::Model) -> Result<Self, Error> {
        Ok(Self {
            id: row.id.to_string(),
            customer_id: row.customer_id.to_string(),
            number: row.number.unwrap_or_default(),
            status: row.status.into(),
            period_start: Time(row.period_start),
            period_end: Time(row.period_end),
            due_date: Time(row.due_at),
            paid_date: Nullable(row.paid_at.map(Time)),
            line_items: lines(row.lines)?,
            subtotal: Money(from_cents(row.subtotal_cents)),
            tax: Money(from_cents(row.tax_cents)),
            total: Money(from_cents(row.total_cents)),
            currency: row.currency,
            payment_method: Nullable(row.payment_method),
            created_at: Time(row.created_at),
            updated_at: Time(row.updated_at),
        })
    }
}

envelope!(
    /// One invoice.
    InvoiceDetailsResponse,
    /// The invoice.
    InvoiceDetails
);

/// A payment of a customer.
#[derive(Debug, Object)]
pub struct LastPayment {
    /// Amount.
    pub amount: Money,
    /// When it was recorded.
    pub date: Time,
    /// Payment method.
    pub method: String,
}

/// Balance of a customer's account.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct Balance {
    /// The customer.
    pub customer_id: String,
    /// Amount owed on invoices (negative means credit).
    #[oai(rename = "currentBalance")]
    pub current: Money,
    /// Charges not invoiced yet, before tax: this month's charges as of now.
    pub pending_charges: Money,
    /// The most recent payment.
    pub last_payment: Nullable<LastPayment>,
    /// Whether invoices are paid automatically. Always false at present.
    pub auto_pay_enabled: bool,
    /// Whether a payment method is on file. Always false at present.
    pub payment_method_on_file: bool,
}

envelope!(
    /// A customer's balance.
    BalanceResponse,
    /// The balance.
    Balance
);

impl Balance {
    /// The account of a customer, as it was found.
    pub fn new(customer: CustomerId, found: invoices::Balance) -> Self {
        let payment = found.last_payment.map(|payment| LastPayment {
            amount: Money(from_cents(payment.amount_cents)),
            date: Time(payment.received_at),
            method: payment.method,
        });
        Self {
            customer_id: customer.to_string(),
            current: Money(found.current),
            pending_charges: Money(found.pending),
            last_payment: Nullable(payment),
            auto_pay_enabled: false,
            payment_method_on_file: false,
        }
    }
}
