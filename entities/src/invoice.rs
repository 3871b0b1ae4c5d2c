//! Invoices: the charges of a customer for a month.

use crate::ids::{CustomerId, InvoiceId, OrganizationId, SubscriptionId};
use sea_orm::{FromJsonQueryResult, FromQueryResult, QueryOrder, entity::prelude::*};
use serde::{Deserialize, Serialize};

/// An invoice. Amounts are whole cents of `currency`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "invoices")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: InvoiceId,
    /// The organization.
    pub organization_id: OrganizationId,
    /// The customer.
    pub customer_id: CustomerId,
    /// The month, in the organization's time zone: `2026-11`. A customer has one invoice per month.
    pub month: String,
    /// The start of the month (inclusive).
    pub period_start: DateTimeUtc,
    /// The end of the month (exclusive).
    pub period_end: DateTimeUtc,
    /// The number: `INV-2026-000001`, unique within the organization; `None` until the invoice is finalised.
    pub number: Option<String>,
    /// The status.
    pub status: InvoiceStatus,
    /// The lines, in the order of the invoice.
    pub lines: Lines,
    /// The sum of the lines.
    pub subtotal_cents: i64,
    /// The tax on the subtotal.
    pub tax_cents: i64,
    /// The subtotal and the tax.
    pub total_cents: i64,
    /// The amount paid so far.
    pub paid_cents: i64,
    /// The tax rate in percent, as decimal text: `8.25`.
    pub tax_rate: String,
    /// The currency, three letters: `USD`.
    pub currency: String,
    /// When it is due.
    pub due_at: DateTimeUtc,
    /// When it was fully paid.
    pub paid_at: Option<DateTimeUtc>,
    /// The method of the last payment: `card`.
    pub payment_method: Option<String>,
    /// When the number was assigned; the lines do not change after that.
    pub finalised_at: Option<DateTimeUtc>,
    /// When the mail server accepted it.
    pub mailed_at: Option<DateTimeUtc>,
    /// The response of the mail server, or the file with the message.
    pub mail_answer: Option<Json>,
    /// The seller details at the time the number was assigned; `None` for a draft.
    #[serde(skip)]
    pub seller: Option<Seller>,
    /// When it was created.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

/// The status of an invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InvoiceStatus {
    /// Not finalised; it has no number.
    #[sea_orm(string_value = "DRAFT")]
    Draft,
    /// Finalised, not fully paid.
    #[sea_orm(string_value = "PENDING")]
    Pending,
    /// Fully paid.
    #[sea_orm(string_value = "PAID")]
    Paid,
    /// Not paid in time.
    #[sea_orm(string_value = "OVERDUE")]
    Overdue,
    /// Withdrawn.
    #[sea_orm(string_value = "VOID")]
    Void,
}

/// The lines of an invoice.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(transparent)]
pub struct Lines(pub Vec<Line>);

/// A line of an invoice. Decimals are text: neither SQLite nor JSON stores them exactly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The subscription.
    pub subscription_id: SubscriptionId,
    /// What is charged and for which time, in words.
    pub description: String,
    /// The quantity, as decimal text.
    pub quantity: String,
    /// The price per unit, as decimal text.
    pub unit_price: String,
    /// The amount, in cents.
    pub amount_cents: i64,
    /// The month of the charge, `2026-10`, if it is not the invoice's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub month: Option<String>,
}

/// The seller on an invoice. Texts are not empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult, FromQueryResult)]
pub struct Seller {
    /// The name.
    pub name: String,
    /// The postal address, in lines.
    pub address: Option<String>,
    /// The tax number.
    pub tax_number: Option<String>,
    /// The bank details for payments, in lines.
    pub bank_details: Option<String>,
    /// The e-mail address for customers.
    pub email: Option<String>,
    /// The telephone number for customers.
    pub phone: Option<String>,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// All invoices of the organization, oldest first.
    pub fn of(organization: OrganizationId) -> Select<Self> {
        Self::find().filter(Column::OrganizationId.eq(organization)).order_by_asc(Column::Id)
    }

    /// An invoice of the organization.
    pub fn one_of(organization: OrganizationId, id: InvoiceId) -> Select<Self> {
        Self::of(organization).filter(Column::Id.eq(id))
    }
}
