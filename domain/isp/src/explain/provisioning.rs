//! A provisioning request: its current job, and its orders from vendors.

use super::{Part, part};
use entities::{
    ids::ProvisioningId,
    job, provisioning_request,
    vendor_request::{self, Column},
};
use platform::error::Result;
use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter};

/// A provisioning request with what belongs to it.
#[derive(Debug)]
pub struct Provisioning {
    /// The request.
    pub record: provisioning_request::Model,
    /// Its last job: the rollback, if it was given up. `None` after the retention time of jobs.
    pub job: Option<job::Model>,
    /// The orders from vendors for it and for its rollback, newest first.
    pub orders: Part<vendor_request::Model>,
}

/// The request with this id (`prov_…`).
pub(super) async fn provisioning(db: &DatabaseConnection, id: &str) -> Result<Option<Provisioning>> {
    let Ok(id) = id.parse::<ProvisioningId>() else { return Ok(None) };
    let Some(record) = provisioning_request::Entity::find_by_id(id).one(db).await? else { return Ok(None) };
    let job = job::Entity::find_by_id(record.job_id).one(db).await?;
    // The filter on the subscription uses its index.
    let orders = vendor_request::Entity::ordered_for(record.subscription_id).filter(Column::OrderId.eq(id));
    Ok(Some(Provisioning { job, orders: part(db, orders).await?, record }))
}
