//! Attempts to have a vendor fulfil a request: each is one notification to the vendor's webhook.

use crate::{
    delivery::DeliveryState,
    ids::{EndpointId, EventId, OrganizationId, VendorAttemptId, VendorDetailId, VendorRequestId},
};
use sea_orm::entity::prelude::*;
use serde::Serialize;

/// An attempt. A row changes only when it is assigned to a webhook, once, and when its delivery ends.
#[derive(Clone, Debug, PartialEq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "vendor_attempts")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: VendorAttemptId,
    /// The vendor.
    pub organization_id: OrganizationId,
    /// The request.
    pub request_id: VendorRequestId,
    /// The number within the request; from 1, without gaps.
    pub number: i32,
    /// The version of the details that it was made with.
    pub detail_id: VendorDetailId,
    /// The webhook that it was assigned to; `None` while it waits for one.
    pub endpoint_id: Option<EndpointId>,
    /// The event that is delivered; until the delivery ends, its progress is in the deliveries.
    pub event_id: Option<EventId>,
    /// The state in which the delivery ended: `Success`, which is final, or `Failed`; `None` while it is in progress.
    pub delivery_state: Option<DeliveryState>,
    /// Why the delivery failed, in a sentence.
    pub delivery_error: Option<String>,
    /// When it was created.
    pub created_at: DateTimeUtc,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// All attempts of the request.
    pub fn of(request: VendorRequestId) -> Select<Self> {
        Self::find().filter(Column::RequestId.eq(request))
    }
}
