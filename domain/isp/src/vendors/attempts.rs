//! Attempts: notifications to the vendor.

use super::{
    PageRequest, VendorScope,
    delivery_status::{self, Attempt, DeliveryStatus},
    details, lock_own, next_number, or_in_use,
    outcome::ensure_open,
};
use crate::payloads::ProvisionAttempt;
use engine::ledger::NewJob;
use entities::{
    ids::{EventId, VendorAttemptId, VendorDetailId, VendorRequestId},
    vendor_attempt::{self, Column, Entity},
    vendor_detail, vendor_request,
};
use kernel::{Kernel, UnitOfWork};
use platform::{
    error::{Error, Field, Result},
    paging::Page,
};
use sea_orm::{ActiveModelTrait, ColumnTrait, IntoActiveModel, QueryFilter, QueryOrder, QueryTrait};

const MISSING: Error = Error::NotFound("Provision attempt");

/// Notifies the vendor again, with the latest details. `Conflict` if the request is decided or has too many attempts.
pub async fn retry(work: &UnitOfWork, request: VendorRequestId) -> Result<Attempt> {
    let request = lock_own(work, request).await?;
    ensure_open(work, &request).await?;
    let transaction = work.transaction().await?;
    let detail = details::newest_first(request.id).one(&transaction).await?;
    let detail = detail.ok_or_else(|| Error::internal("a provision request has no details"))?;
    let before = newest_first(request.id).one(&transaction).await?;
    let number = next_number(before.map(|before| before.number), "attempts")?;
    let record = add(work, new(work, &request, &detail, number)).await?;
    Ok(Attempt { record, delivery_status: DeliveryStatus::pending() })
}

/// An attempt with these details.
pub(super) fn new(
    work: &UnitOfWork,
    request: &vendor_request::Model,
    detail: &vendor_detail::Model,
    number: i32,
) -> vendor_attempt::Model {
    vendor_attempt::Model {
        id: VendorAttemptId::new(),
        organization_id: request.organization_id,
        request_id: request.id,
        number,
        detail_id: detail.id,
        endpoint_id: None,
        event_id: None,
        delivery_state: None,
        delivery_error: None,
        created_at: work.now(),
    }
}

/// Writes an attempt, and enqueues the job that passes it to the vendor's webhook.
pub(super) async fn add(work: &UnitOfWork, attempt: vendor_attempt::Model) -> Result<vendor_attempt::Model> {
    let inserted = attempt.clone().into_active_model().insert(&work.transaction().await?).await;
    inserted.map_err(|error| or_in_use(error, Field::ProvisionAttemptId))?;
    work.enqueue(job(work, &attempt)?, vec![]).await?;
    Ok(attempt)
}

/// The job that passes an attempt to the vendor's webhook, of which at most one is open.
pub(super) fn job(work: &UnitOfWork, attempt: &vendor_attempt::Model) -> Result<NewJob> {
    let payload = ProvisionAttempt { attempt: attempt.id, rest_of: None };
    let job = NewJob::new(Some(attempt.organization_id), &payload)?;
    Ok(job.unique(&attempt.id.to_string()).request_id(work.actor.request_id.clone()))
}

/// A request's attempts, newest first.
pub(super) fn newest_first(request: VendorRequestId) -> sea_orm::Select<Entity> {
    Entity::of(request).order_by_desc(Column::Number)
}

/// The latest attempt of a request.
pub(super) async fn latest(
    work: &UnitOfWork,
    request: &vendor_request::Model,
) -> Result<vendor_attempt::Model> {
    let found = newest_first(request.id).one(&work.transaction().await?).await?;
    found.ok_or_else(|| Error::internal("a provision request has no attempt"))
}

/// The events of the request's attempts.
pub(super) async fn events_of(work: &UnitOfWork, request: VendorRequestId) -> Result<Vec<EventId>> {
    let all = Entity::of(request).all(&work.transaction().await?).await?;
    Ok(all.into_iter().filter_map(|attempt| attempt.event_id).collect())
}

/// A page of the request's attempts, or of those with these details.
pub async fn list(
    kernel: &Kernel,
    side: VendorScope,
    request: VendorRequestId,
    detail: Option<VendorDetailId>,
    part: PageRequest,
) -> Result<Page<Attempt>> {
    let db = kernel.db.reader();
    let request = side.request(db, request).await?;
    let all = Entity::of(request.id).apply_if(detail, |query, id| query.filter(Column::DetailId.eq(id)));
    let Page { items, total } = part.of(db, all, [Column::Number]).await?;
    Ok(Page { items: delivery_status::of(db, &request, items).await?, total })
}

/// One of them; default: the latest.
pub async fn get(
    kernel: &Kernel,
    side: VendorScope,
    request: VendorRequestId,
    id: Option<VendorAttemptId>,
) -> Result<Attempt> {
    let db = kernel.db.reader();
    let request = side.request(db, request).await?;
    let all = newest_first(request.id).apply_if(id, |query, id| query.filter(Column::Id.eq(id)));
    let found = all.one(db).await?.ok_or(MISSING)?;
    delivery_status::of(db, &request, vec![found]).await?.pop().ok_or(MISSING)
}
