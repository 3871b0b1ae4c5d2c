//! Details of requests to vendors, which answer the product's questions: one row per version.

use crate::{
    RawJson,
    ids::{OrganizationId, VendorDetailId, VendorRequestId},
    vendor_request::OrderedService,
};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// A version of the details. Rows are never changed.
#[derive(Clone, Debug, PartialEq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "vendor_details")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: VendorDetailId,
    /// The vendor.
    pub organization_id: OrganizationId,
    /// The request.
    pub request_id: VendorRequestId,
    /// The number within the request; from 1, without gaps.
    pub number: i32,
    /// The supplied answers, as an object by question; or [`OrderDetails`], which the contract converts to its format.
    pub details: RawJson,
    /// When it was created.
    pub created_at: DateTimeUtc,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// All versions of the request.
    pub fn of(request: VendorRequestId) -> Select<Self> {
        Self::find().filter(Column::RequestId.eq(request))
    }
}

/// The details of an order without supplied answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderDetails {
    /// The ordered service.
    pub service: OrderedService,
    /// The change that the order makes, if it is one.
    pub change: Option<Change>,
}

/// A change of an earlier order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// The service changes; the service before the change.
    Service(OrderedService),
    /// The quantity changes.
    Quantity {
        /// The quantity before the change.
        before: i64,
        /// The quantity after the change.
        after: i64,
    },
}

/// The first item of stored [`OrderDetails`], which are a list, since supplied answers are an object.
const ORDERED: &str = "ordered";

impl OrderDetails {
    /// Converts to the stored format.
    pub fn to_json(&self) -> serde_json::Result<RawJson> {
        RawJson::new(&(ORDERED, self))
    }

    /// Reads stored details; `None` if they are supplied answers.
    pub fn read(details: &RawJson) -> serde_json::Result<Option<Self>> {
        if !details.text().starts_with('[') {
            return Ok(None);
        }
        details.read::<(String, Self)>().map(|(_, ordered)| Some(ordered))
    }
}
