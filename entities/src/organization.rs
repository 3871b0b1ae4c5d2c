//! Tenants.

use crate::ids::OrganizationId;
use sea_orm::entity::prelude::*;

/// A tenant; everything else hangs off one.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "organizations")]
pub struct Model {
    /// The tenant's key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OrganizationId,
    /// Unique, given by the operator.
    pub name: String,
    /// Where mail about it goes; none: nowhere.
    pub email: Option<String>,
    /// An IANA name, such as `America/New_York`: where its months begin and end.
    pub time_zone: String,
    /// Whether it is there to try things with: nobody is mailed its invoices.
    pub sandbox: bool,
    /// When it was made.
    pub created_at: DateTimeUtc,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The organization of that name.
    pub fn named(name: &str) -> Select<Self> {
        Self::find().filter(Column::Name.eq(name))
    }
}
