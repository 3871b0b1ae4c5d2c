//! Promotion codes.

use crate::ids::{OrganizationId, PromotionId};
use sea_orm::{QueryOrder, entity::prelude::*};
use serde::Serialize;

/// One code. What it takes off is in the kernel's words: `{"percent": "20"}`, `{"amount": "10.00"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "promotions")]
pub struct Model {
    /// The code's key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PromotionId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// As it was given.
    pub code: String,
    /// The form that is unique within the organization (upper case).
    pub code_key: String,
    /// What it takes off the monthly price.
    pub discount: Json,
    /// For how many months; none: for good.
    pub months: Option<i32>,
    /// From when on it can be used.
    pub opens_at: Option<DateTimeUtc>,
    /// From when on it cannot be used any more.
    pub closes_at: Option<DateTimeUtc>,
    /// When it was made.
    pub created_at: DateTimeUtc,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The organization's codes, by their text.
    pub fn of(organization: OrganizationId) -> Select<Self> {
        Self::find().filter(Column::OrganizationId.eq(organization)).order_by_asc(Column::CodeKey)
    }
}
