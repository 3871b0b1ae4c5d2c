//! Details of requests to vendors: the answers to the product's questions, a row a version.

use crate::{
    RawJson,
    ids::{OrganizationId, VendorDetailId, VendorRequestId},
};
use sea_orm::entity::prelude::*;
use serde::Serialize;

/// One version of the answers. Rows are never changed.
#[derive(Clone, Debug, PartialEq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "vendor_details")]
pub struct Model {
    /// The version's key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: VendorDetailId,
    /// The vendor.
    pub organization_id: OrganizationId,
    /// Of which request it is.
    pub request_id: VendorRequestId,
    /// Its place among those of the request; from 1, without gaps.
    pub number: i32,
    /// The answers, by the names of the questions.
    pub details: RawJson,
    /// When it was made.
    pub created_at: DateTimeUtc,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// Those of the request.
    pub fn of(request: VendorRequestId) -> Select<Self> {
        Self::find().filter(Column::RequestId.eq(request))
    }
}
