//! Versions of the details of requests.

use super::or_in_use;
use entities::{
    RawJson,
    ids::{VendorDetailId, VendorRequestId},
    vendor_detail::{self, Column, Entity},
    vendor_request,
};
use kernel::UnitOfWork;
use platform::error::{Field, Result};
use sea_orm::{ActiveModelTrait, IntoActiveModel, QueryOrder};

/// A version of the answers.
pub(super) fn new(
    work: &UnitOfWork,
    request: &vendor_request::Model,
    number: i32,
    details: RawJson,
) -> vendor_detail::Model {
    vendor_detail::Model {
        id: VendorDetailId::new(),
        organization_id: request.organization_id,
        request_id: request.id,
        number,
        details,
        created_at: work.now(),
    }
}

/// Writes a version of the answers.
pub(super) async fn add(work: &UnitOfWork, detail: vendor_detail::Model) -> Result<vendor_detail::Model> {
    let inserted = detail.clone().into_active_model().insert(&work.transaction().await?).await;
    inserted.map_err(|error| or_in_use(error, Field::ProvisionDetailId))?;
    Ok(detail)
}

/// The versions of a request's details, newest first.
pub(super) fn newest_first(request: VendorRequestId) -> sea_orm::Select<Entity> {
    Entity::of(request).order_by_desc(Column::Number)
}
