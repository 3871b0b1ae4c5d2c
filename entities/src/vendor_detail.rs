//! Details of requests to vendors: the answers to the product's questions, a row a version.

use crate::{
    RawJson,
    ids::{OrganizationId, VendorDetailId, VendorRequestId},
    vendor_request::OrderedService,
};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

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
    /// The answers that were given, an object by the names of the questions; or [`OrderDetails`], which the contract puts
    /// into its words.
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

/// What is ordered, if no answers were given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderDetails {
    /// The service.
    pub service: OrderedService,
    /// The change that the order makes, if it changes something.
    pub change: Option<Change>,
}

/// A change of what was ordered before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Of the service: as it was before.
    Service(OrderedService),
    /// Of the quantity.
    Quantity {
        /// The quantity before.
        before: i64,
        /// The quantity now.
        after: i64,
    },
}

/// The first item of stored [`OrderDetails`]: a list, since given answers are an object.
const ORDERED: &str = "ordered";

impl OrderDetails {
    /// As stored.
    pub fn to_json(&self) -> serde_json::Result<RawJson> {
        RawJson::new(&(ORDERED, self))
    }

    /// Of stored details; `None` if these are given answers.
    pub fn read(details: &RawJson) -> serde_json::Result<Option<Self>> {
        if !details.text().starts_with('[') {
            return Ok(None);
        }
        details.read::<(String, Self)>().map(|(_, ordered)| Some(ordered))
    }
}
