//! Attempts to have a vendor fulfil a request: each is one notification to the vendor's webhook.

use crate::{
    delivery::DeliveryState,
    ids::{EndpointId, EventId, OrganizationId, VendorAttemptId, VendorDetailId, VendorRequestId},
};
use sea_orm::entity::prelude::*;
use serde::Serialize;

/// One attempt. Rows change only when they are given to a webhook, once, and when its delivery ends.
#[derive(Clone, Debug, PartialEq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "vendor_attempts")]
pub struct Model {
    /// The attempt's key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: VendorAttemptId,
    /// The vendor.
    pub organization_id: OrganizationId,
    /// Of which request it is.
    pub request_id: VendorRequestId,
    /// Its place among those of the request; from 1, without gaps.
    pub number: i32,
    /// The version of the answers that it is made with.
    pub detail_id: VendorDetailId,
    /// The webhook that it was given to; none: it waits for one.
    pub endpoint_id: Option<EndpointId>,
    /// What is delivered there: how that goes is with its deliveries, until it has ended.
    pub event_id: Option<EventId>,
    /// How the delivery ended: `Success`, which is final, or `Failed`; `None` while it is under way.
    pub delivery_state: Option<DeliveryState>,
    /// Why it failed, in a sentence.
    pub delivery_error: Option<String>,
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
