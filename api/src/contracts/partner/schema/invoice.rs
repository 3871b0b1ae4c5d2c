//! Invoices, and what customers owe.

use super::PaginationResponse;
use crate::types::{Money, Nullable, Success, Time};
use entities::{
    ids::CustomerId,
    invoice::{self, InvoiceStatus as Stored},
};
use kernel::{
    Error,
    domain::{
        charges::from_cents,
        invoices::{self, decimal},
    },
};
use poem_openapi::{Enum, Object};

/// Where an invoice stands, in lists.
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

/// Where an invoice stands, in its details, where the contract has another word for one that was taken back.
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

/// What is charged.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct InvoiceLine {
    /// What for, and for which time, in words.
    pub description: String,
    /// The part of the month, or 1.
    pub quantity: Money,
    /// For a whole month, or for one.
    pub unit_price: Money,
    /// What it costs; negative for what a promotion takes off.
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
    /// `inv_` and 26 characters.
    pub id: String,
    /// Who is to pay.
    pub customer_id: String,
    /// Its number; empty for a draft.
    pub number: String,
    /// Where it stands.
    pub status: InvoiceStatus,
    /// The sum of the lines.
    pub amount: Money,
    /// The tax on it.
    pub tax: Money,
    /// Both.
    pub total: Money,
    /// Three letters.
    pub currency: String,
    /// The first instant of the month that it is for.
    pub period_start: Time,
    /// The first instant after that month.
    pub period_end: Time,
    /// Until when it is to be paid.
    pub due_date: Time,
    /// When it was paid whole.
    pub paid_at: Nullable<Time>,
    /// What is charged.
    pub line_items: Vec<InvoiceLine>,
    /// When it was made.
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

/// A page of a customer's invoices.
#[derive(Debug, Object)]
pub struct InvoiceListResponse {
    /// Always true.
    pub success: Success<true>,
    /// The invoices, oldest first.
    pub data: Vec<Invoice>,
    /// Which page it is.
    pub pagination: PaginationResponse,
}

/// An invoice in detail.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct InvoiceDetails {
    /// `inv_` and 26 characters.
    pub id: String,
    /// Who is to pay.
    pub customer_id: String,
    /// Its number; empty for a draft.
    pub number: String,
    /// Where it stands.
    pub status: InvoiceDetailsStatus,
    /// The first instant of the month that it is for.
    pub period_start: Time,
    /// The first instant after that month.
    pub period_end: Time,
    /// Until when it is to be paid.
    pub due_date: Time,
    /// When it was paid whole.
    pub paid_date: Nullable<Time>,
    /// What is charged.
    pub line_items: Vec<InvoiceLine>,
    /// The sum of the lines.
    pub subtotal: Money,
    /// The tax on it.
    pub tax: Money,
    /// Both.
    pub total: Money,
    /// Three letters.
    pub currency: String,
    /// How the last of it was paid.
    pub payment_method: Nullable<String>,
    /// When it was made.
    pub created_at: Time,
    /// When it last changed.
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

/// One invoice.
#[derive(Debug, Object)]
pub struct InvoiceDetailsResponse {
    /// Always true.
    pub success: Success<true>,
    /// The invoice.
    pub data: InvoiceDetails,
}

/// A payment of a customer.
#[derive(Debug, Object)]
pub struct LastPayment {
    /// How much.
    pub amount: Money,
    /// When it was recorded.
    pub date: Time,
    /// How it was paid.
    pub method: String,
}

/// How a customer's account stands.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct Balance {
    /// The customer.
    pub customer_id: String,
    /// Amount owed on invoices (negative means credit).
    #[oai(rename = "currentBalance")]
    pub current: Money,
    /// What is on no invoice yet, before tax: what this month will be charged as things stand.
    pub pending_charges: Money,
    /// The newest payment.
    pub last_payment: Nullable<LastPayment>,
    /// Whether invoices are paid by themselves: never so far.
    pub auto_pay_enabled: bool,
    /// Whether there is a means of payment to charge: never so far.
    pub payment_method_on_file: bool,
}

/// The account of a customer.
#[derive(Debug, Object)]
pub struct BalanceResponse {
    /// Always true.
    pub success: Success<true>,
    /// How it stands.
    pub data: Balance,
}

impl BalanceResponse {
    /// The account of a customer, as it was found.
    pub fn new(customer: CustomerId, found: invoices::Balance) -> Self {
        let payment = found.last_payment.map(|payment| LastPayment {
            amount: Money(from_cents(payment.amount_cents)),
            date: Time(payment.received_at),
            method: payment.method,
        });
        let data = Balance {
            customer_id: customer.to_string(),
            current: Money(found.current),
            pending_charges: Money(found.pending),
            last_payment: Nullable(payment),
            auto_pay_enabled: false,
            payment_method_on_file: false,
        };
        Self { success: Success, data }
    }
}
