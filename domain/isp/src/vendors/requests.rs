//! Reads requests and their details, and adds corrected details.

use super::{PageRequest, VendorScope, details, lock_own, next_number, outcome::ensure_open};
use entities::{
    RawJson,
    ids::{VendorDetailId, VendorRequestId},
    vendor_detail,
    vendor_request::{self, Column, Entity},
};
use kernel::{Kernel, UnitOfWork, events};
use platform::{
    error::{Error, Result},
    paging::Page,
};
use sea_orm::{
    ColumnTrait, QueryFilter, QueryTrait,
    sea_query::{Expr, ExprTrait},
};

const MISSING: Error = Error::NotFound("Provision detail");

/// SQL: the order was not cancelled. It has no waiting job (simulated), or the job is open.
const IS_AWAITED: &str = "(vendor_requests.waiting_job is null or exists (select 1 from jobs j
  where j.id = vendor_requests.waiting_job and j.finished_at is null and j.cancel_requested_at is null))";

/// A page of the vendor's requests, or of the open ones.
pub async fn list(
    kernel: &Kernel,
    side: VendorScope,
    unfulfilled: bool,
    part: PageRequest,
) -> Result<Page<vendor_request::Model>> {
    // As the index has it, word by word.
    let is_open = || {
        let open = Expr::cust("state = 'open'").and(Column::DeadlineAt.gt(kernel.clock.now()));
        open.and(Expr::cust(IS_AWAITED))
    };
    let all = Entity::of(side.vendor, side.sandbox).apply_if(unfulfilled.then(is_open), QueryFilter::filter);
    part.of(kernel.db.reader(), all, [Column::CreatedAt, Column::Id]).await
}

/// One of them.
pub async fn get(kernel: &Kernel, side: VendorScope, id: VendorRequestId) -> Result<vendor_request::Model> {
    side.request(kernel.db.reader(), id).await
}

/// A page of the versions of the request's details.
pub async fn details(
    kernel: &Kernel,
    side: VendorScope,
    request: VendorRequestId,
    part: PageRequest,
) -> Result<Page<vendor_detail::Model>> {
    let db = kernel.db.reader();
    let request = side.request(db, request).await?;
    part.of(db, vendor_detail::Entity::of(request.id), [vendor_detail::Column::Number]).await
}

/// One version of the request's details; default: the latest.
pub async fn detail(
    kernel: &Kernel,
    side: VendorScope,
    request: VendorRequestId,
    id: Option<VendorDetailId>,
) -> Result<vendor_detail::Model> {
    let db = kernel.db.reader();
    let request = side.request(db, request).await?;
    let all = details::newest_first(request.id)
        .apply_if(id, |query, id| query.filter(vendor_detail::Column::Id.eq(id)));
    all.one(db).await?.ok_or(MISSING)
}

/// Adds a version of the request's details for the next attempt, and records `provision_detail.created`. `Conflict` if
/// the request is decided or has too many.
pub async fn correct(
    work: &UnitOfWork,
    request: VendorRequestId,
    answers: RawJson,
) -> Result<vendor_detail::Model> {
    let request = lock_own(work, request).await?;
    ensure_open(work, &request).await?;
    let before = details::newest_first(request.id).one(&work.transaction().await?).await?;
    let number = next_number(before.map(|before| before.number), "versions of its details")?;
    let detail = details::add(work, details::new(work, &request, number, answers)).await?;
    let (object, at) = (("provision_detail", detail.id.0), detail.created_at);
    work.record([events::event(&work.actor, "provision_detail.created", object, &detail, at)?]);
    Ok(detail)
}
