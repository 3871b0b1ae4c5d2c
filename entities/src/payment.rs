//! Payments: money that customers have paid, and which invoices it went to.

use crate::ids::{CustomerId, InvoiceId, OrganizationId, PaymentId};
use sea_orm::{FromJsonQueryResult, QueryOrder, entity::prelude::*};
use serde::{Deserialize, Serialize};

/// One payment. Money is whole cents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "payments")]
pub struct Model {
    /// The payment's key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PaymentId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Who has paid.
    pub customer_id: CustomerId,
    /// What it was meant for, if the payer said so.
    pub invoice_id: Option<InvoiceId>,
    /// How much.
    pub amount_cents: i64,
    /// What is left of it for invoices to come: the customer's credit.
    pub unapplied_cents: i64,
    /// What went to which invoices.
    pub applied: Applications,
    /// How it was paid: `card`.
    pub method: String,
    /// What the payment is called where it came from; unique within the organization.
    pub reference: String,
    /// When it was recorded.
    pub received_at: DateTimeUtc,
}

/// What of a payment went to which invoices.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(transparent)]
pub struct Applications(pub Vec<Application>);

/// What of a payment went to an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// Which invoice.
    pub invoice_id: InvoiceId,
    /// How much.
    pub cents: i64,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// What a customer of the organization has paid, newest first.
    pub fn of(organization: OrganizationId, customer: CustomerId) -> Select<Self> {
        Self::find()
            .filter(Column::OrganizationId.eq(organization))
            .filter(Column::CustomerId.eq(customer))
            .order_by_desc(Column::Id)
    }
}
