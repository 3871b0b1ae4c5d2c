//! Who bills: what invoices say of an organization. Apart from it, so that who asks for one is not handed a picture.

use crate::ids::OrganizationId;
use sea_orm::entity::prelude::*;

/// What an organization has said of itself. Texts are not empty.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sellers")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// The name that it bills under; none: that of the organization.
    pub name: Option<String>,
    /// Its postal address, in lines.
    pub address: Option<String>,
    /// Its number with the tax authority.
    pub tax_number: Option<String>,
    /// Where it is paid, in lines.
    pub bank_details: Option<String>,
    /// Where customers write to; none: the organization's own address, if it has one.
    pub email: Option<String>,
    /// Where customers call.
    pub phone: Option<String>,
    /// A PNG or JPEG file.
    pub logo: Option<Vec<u8>>,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
