//! Payments of customers, and the invoices that they were applied to.

use crate::ids::{CustomerId, InvoiceId, OrganizationId, PaymentId};
use sea_orm::{FromJsonQueryResult, QueryOrder, entity::prelude::*};
use serde::{Deserialize, Serialize};

/// A payment. Amounts are whole cents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "payments")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PaymentId,
    /// The organization.
    pub organization_id: OrganizationId,
    /// The customer.
    pub customer_id: CustomerId,
    /// The invoice that the payer named, if any.
    pub invoice_id: Option<InvoiceId>,
    /// The amount.
    pub amount_cents: i64,
    /// The amount left for later invoices: the customer's credit.
    pub unapplied_cents: i64,
    /// The amounts applied, by invoice.
    pub applied: Applications,
    /// The method: `card`.
    pub method: String,
    /// The payer's reference, unique within the organization.
    pub reference: String,
    /// When it was recorded.
    pub received_at: DateTimeUtc,
}

/// The amounts of a payment applied to invoices.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(transparent)]
pub struct Applications(pub Vec<Application>);

/// An amount of a payment applied to an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// The invoice.
    pub invoice_id: InvoiceId,
    /// The amount.
    pub cents: i64,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The payments of a customer of the organization, newest first.
    pub fn of(organization: OrganizationId, customer: CustomerId) -> Select<Self> {
        Self::find()
            .filter(Column::OrganizationId.eq(organization))
            .filter(Column::CustomerId.eq(customer))
            .order_by_desc(Column::Id)
    }
}
