//! What became of a provisioning request: the job that has it now, and what was ordered from vendors for it.

use super::{Part, part};
use entities::{
    ids::ProvisioningId,
    job, provisioning_request,
    vendor_request::{self, Column},
};
use platform::error::Result;
use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter};

/// A provisioning request that was asked for.
#[derive(Debug)]
pub struct Provisioning {
    /// The request.
    pub record: provisioning_request::Model,
    /// The job that has it, or had it last: its undo, once it was given up. None once it is not kept any more.
    pub job: Option<job::Model>,
    /// What was ordered from vendors for it and for its undo, the newest first.
    pub orders: Part<vendor_request::Model>,
}

/// The request with this id (`prov_…`).
pub(super) async fn provisioning(db: &DatabaseConnection, id: &str) -> Result<Option<Provisioning>> {
    let Ok(id) = id.parse::<ProvisioningId>() else { return Ok(None) };
    let Some(record) = provisioning_request::Entity::find_by_id(id).one(db).await? else { return Ok(None) };
    let job = job::Entity::find_by_id(record.job_id).one(db).await?;
    // By its subscription, of which there is an index.
    let orders = vendor_request::Entity::ordered_for(record.subscription_id).filter(Column::OrderId.eq(id));
    Ok(Some(Provisioning { job, orders: part(db, orders).await?, record }))
}
