//! Seller details of organizations, for invoices. A table of its own, so that reading an organization does not read the
//! logo.

use crate::ids::OrganizationId;
use sea_orm::entity::prelude::*;

/// The seller details of an organization. Texts are not empty.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sellers")]
pub struct Model {
    /// The organization.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// The name; `None`: the name of the organization.
    pub name: Option<String>,
    /// The postal address, in lines.
    pub address: Option<String>,
    /// The tax number.
    pub tax_number: Option<String>,
    /// The bank details for payments, in lines.
    pub bank_details: Option<String>,
    /// The e-mail address for customers; `None`: the organization's own, if any.
    pub email: Option<String>,
    /// The telephone number for customers.
    pub phone: Option<String>,
    /// The logo: a PNG or JPEG file.
    pub logo: Option<Vec<u8>>,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
