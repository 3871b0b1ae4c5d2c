//! A vendor's order: its attempts, their deliveries, and its results.

use super::{Attempt, Part, deliveries::of_events, part};
use crate::vendors;
use entities::{
    ids::{self, VendorAttemptId, VendorDetailId, VendorRequestId, VendorResultId},
    organization, vendor_attempt, vendor_detail, vendor_provisioner, vendor_request, vendor_result,
};
use kernel::Kernel;
use platform::error::Result;
use sea_orm::{DatabaseConnection, EntityTrait, QueryOrder};

/// A requested order.
#[derive(Debug)]
pub struct Order {
    /// The order.
    pub record: vendor_request::Model,
    /// The vendor's name; empty if it was removed.
    pub vendor: String,
    /// The provisioner's name; empty if it was removed.
    pub provisioner: String,
    /// Its attempts, in order.
    pub attempts: Part<Notification>,
    /// Deliveries of the shown attempts, in order.
    pub deliveries: Part<Attempt>,
    /// The vendor's results, in order.
    pub results: Part<vendor_result::Model>,
}

/// An attempt of an order with its delivery status.
pub type Notification = vendors::Attempt;

/// The order of an id of the vendor contract: its own, or that of one of its details, attempts or results.
pub(super) async fn order(kernel: &Kernel, id: &str) -> Result<Option<Order>> {
    let db = kernel.db.reader();
    let Some(record) = found(db, id).await? else { return Ok(None) };
    let attempts = vendor_attempt::Entity::of(record.id).order_by_asc(vendor_attempt::Column::Number);
    let Part { first, more } = part(db, attempts).await?;
    let events: Vec<_> = first.iter().filter_map(|attempt| attempt.event_id).collect();
    let results = vendor_result::Entity::of(record.id).order_by_asc(vendor_result::Column::Number);
    let vendor = organization::Entity::find_by_id(record.organization_id).one(db).await?;
    let provisioner = vendor_provisioner::Entity::find_by_id(record.provisioner_id).one(db).await?;
    Ok(Some(Order {
        attempts: Part { first: vendors::delivery_status_of(db, &record, first).await?, more },
        deliveries: of_events(db, &events).await?,
        results: part(db, results).await?,
        vendor: vendor.map(|vendor| vendor.name).unwrap_or_default(),
        provisioner: provisioner.map(|provisioner| provisioner.name).unwrap_or_default(),
        record,
    }))
}

async fn found(db: &DatabaseConnection, id: &str) -> Result<Option<vendor_request::Model>> {
    let Some(key) = ids::uuid(id) else { return Ok(None) };
    let attempt = vendor_attempt::Entity::find_by_id(VendorAttemptId(key)).one(db).await?;
    let detail = vendor_detail::Entity::find_by_id(VendorDetailId(key)).one(db).await?;
    let result = vendor_result::Entity::find_by_id(VendorResultId(key)).one(db).await?;
    let request = attempt.map(|it| it.request_id).or(detail.map(|it| it.request_id));
    let request = request.or(result.map(|it| it.request_id)).unwrap_or(VendorRequestId(key));
    Ok(vendor_request::Entity::find_by_id(request).one(db).await?)
}
