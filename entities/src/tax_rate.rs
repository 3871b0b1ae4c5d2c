//! Rates of sales tax: one row per state.

use crate::ids::OrganizationId;
use sea_orm::{QueryOrder, entity::prelude::*};
use serde::Serialize;

/// The rate that an organization charges in a state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "tax_rates")]
pub struct Model {
    /// The organization.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// The state: two capitals.
    #[sea_orm(primary_key, auto_increment = false)]
    pub state: String,
    /// The rate in percent, as decimal text: `8.25`.
    pub percent: String,
    /// When it was last set.
    pub updated_at: DateTimeUtc,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// All rates of the organization, by state.
    pub fn of(organization: OrganizationId) -> Select<Self> {
        Self::find().filter(Column::OrganizationId.eq(organization)).order_by_asc(Column::State)
    }
}
