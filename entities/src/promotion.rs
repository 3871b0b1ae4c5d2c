//! Promotion codes.

use crate::ids::{OrganizationId, PromotionId};
use sea_orm::{QueryOrder, entity::prelude::*};
use serde::Serialize;

/// A promotion code. The discount is in the kernel's format: `{"percent": "20"}`, `{"amount": "10.00"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "promotions")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PromotionId,
    /// The organization.
    pub organization_id: OrganizationId,
    /// The code, as it was given.
    pub code: String,
    /// The code as it is compared, unique within the organization: upper case.
    pub code_key: String,
    /// The discount on the monthly price.
    pub discount: Json,
    /// Number of months; `None`: permanently.
    pub months: Option<i32>,
    /// When it starts being valid.
    pub opens_at: Option<DateTimeUtc>,
    /// When it stops being valid.
    pub closes_at: Option<DateTimeUtc>,
    /// When it was created.
    pub created_at: DateTimeUtc,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// All codes of the organization, in alphabetical order.
    pub fn of(organization: OrganizationId) -> Select<Self> {
        Self::find().filter(Column::OrganizationId.eq(organization)).order_by_asc(Column::CodeKey)
    }
}
