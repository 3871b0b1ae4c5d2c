//! Organizations: the tenants of the platform.

use crate::ids::OrganizationId;
use sea_orm::entity::prelude::*;

/// An organization; all other rows belong to one.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "organizations")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OrganizationId,
    /// The name, unique, given by the operator.
    pub name: String,
    /// The e-mail address for mail about the organization; `None`: no mail is sent.
    pub email: Option<String>,
    /// The IANA time zone, such as `America/New_York`, in which its months begin and end.
    pub time_zone: String,
    /// Whether it is a sandbox, with sample data: its invoices are not mailed.
    pub sandbox: bool,
    /// When it was created.
    pub created_at: DateTimeUtc,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The organization with this name.
    pub fn named(name: &str) -> Select<Self> {
        Self::find().filter(Column::Name.eq(name))
    }
}
