//! Invoices: what a customer is asked to pay for a month.

use crate::ids::{CustomerId, InvoiceId, OrganizationId, SubscriptionId};
use sea_orm::{FromJsonQueryResult, FromQueryResult, QueryOrder, entity::prelude::*};
use serde::{Deserialize, Serialize};

/// One invoice. Money is whole cents of `currency`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "invoices")]
pub struct Model {
    /// The invoice's key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: InvoiceId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Who is to pay.
    pub customer_id: CustomerId,
    /// The month that it is for: `2026-11`, by the organization's clocks. A customer has one invoice a month.
    pub month: String,
    /// The month's first instant.
    pub period_start: DateTimeUtc,
    /// The first instant of the month after it.
    pub period_end: DateTimeUtc,
    /// `INV-2026-000001`, unique within the organization; none until it is finalised.
    pub number: Option<String>,
    /// Where it stands.
    pub status: InvoiceStatus,
    /// What is charged, in the order of the invoice.
    pub lines: Lines,
    /// The sum of the lines.
    pub subtotal_cents: i64,
    /// The tax on it.
    pub tax_cents: i64,
    /// Both.
    pub total_cents: i64,
    /// What has been paid of it.
    pub paid_cents: i64,
    /// In percent, as decimal text: `8.25`.
    pub tax_rate: String,
    /// Three letters: `USD`.
    pub currency: String,
    /// Until when it is to be paid.
    pub due_at: DateTimeUtc,
    /// When it was paid whole.
    pub paid_at: Option<DateTimeUtc>,
    /// How the last of it was paid: `card`.
    pub payment_method: Option<String>,
    /// When it got its number; from then on its lines stay as they are.
    pub finalised_at: Option<DateTimeUtc>,
    /// When the mail server took it.
    pub mailed_at: Option<DateTimeUtc>,
    /// What the mail server said, or the file that the message is in.
    pub mail_answer: Option<Json>,
    /// Who asks for the money, as it was when the invoice got its number; none of a draft.
    #[serde(skip)]
    pub seller: Option<Seller>,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

/// Where an invoice stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InvoiceStatus {
    /// Not finalised; it has no number.
    #[sea_orm(string_value = "DRAFT")]
    Draft,
    /// To be paid.
    #[sea_orm(string_value = "PENDING")]
    Pending,
    /// Paid whole.
    #[sea_orm(string_value = "PAID")]
    Paid,
    /// Not paid in time.
    #[sea_orm(string_value = "OVERDUE")]
    Overdue,
    /// Taken back.
    #[sea_orm(string_value = "VOID")]
    Void,
}

/// The lines of an invoice.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(transparent)]
pub struct Lines(pub Vec<Line>);

/// One line of an invoice. Decimals are text, as no database and no JSON keeps them exactly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Of which subscription.
    pub subscription_id: SubscriptionId,
    /// What is charged, for which time, in words.
    pub description: String,
    /// How many of the unit, decimal text.
    pub quantity: String,
    /// For one, decimal text.
    pub unit_price: String,
    /// What the line costs, in cents.
    pub amount_cents: i64,
    /// The month that it is for, `2026-10`, where that is not the invoice's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub month: Option<String>,
}

/// Who asks for the money. Texts are not empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult, FromQueryResult)]
pub struct Seller {
    /// The name that it bills under.
    pub name: String,
    /// Its postal address, in lines.
    pub address: Option<String>,
    /// Its number with the tax authority.
    pub tax_number: Option<String>,
    /// Where it is paid, in lines.
    pub bank_details: Option<String>,
    /// Where customers write to.
    pub email: Option<String>,
    /// Where customers call.
    pub phone: Option<String>,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The organization's invoices, oldest first.
    pub fn of(organization: OrganizationId) -> Select<Self> {
        Self::find().filter(Column::OrganizationId.eq(organization)).order_by_asc(Column::Id)
    }

    /// One of them.
    pub fn one_of(organization: OrganizationId, id: InvoiceId) -> Select<Self> {
        Self::of(organization).filter(Column::Id.eq(id))
    }
}
