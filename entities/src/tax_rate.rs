//! Rates of sales tax, a state a row.

use crate::ids::OrganizationId;
use sea_orm::{QueryOrder, entity::prelude::*};
use serde::Serialize;

/// What an organization asks in a state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "tax_rates")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// Two letters, in capitals.
    #[sea_orm(primary_key, auto_increment = false)]
    pub state: String,
    /// Decimal text: `8.25`.
    pub percent: String,
    /// When it was set.
    pub updated_at: DateTimeUtc,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The organization's rates, by state.
    pub fn of(organization: OrganizationId) -> Select<Self> {
        Self::find().filter(Column::OrganizationId.eq(organization)).order_by_asc(Column::State)
    }
}
