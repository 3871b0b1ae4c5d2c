//! Attempts: each one is a notification to the vendor.

use super::{
    Part, Side,
    decide::write,
    lock_own,
    requests::{self, may_go_on},
    standing::{self, Standing},
};
use crate::{
    Kernel, Work,
    domain::customers::Page,
    error::{Error, Result},
    jobs::ProvisionAttempt,
    ledger::NewJob,
};
use entities::{
    ids::{VendorAttemptId, VendorDetailId, VendorRequestId},
    vendor_attempt::{self, Column, Entity},
    vendor_detail,
    vendor_request::{self, RequestState},
};
use sea_orm::{ActiveModelTrait, ColumnTrait, IntoActiveModel, QueryFilter, QueryOrder, QueryTrait};

const MISSING: Error = Error::NotFound("Provision attempt");

/// An attempt, and how its notification has been going.
#[derive(Debug)]
pub struct Attempt {
    /// The attempt.
    pub record: vendor_attempt::Model,
    /// How its notification has been going.
    pub standing: Standing,
}

/// Notifies the vendor once more, with the latest details. A simulated request that has failed is open again, and
/// records `provision_request.reopened`. `Conflict` when the request is decided else.
pub async fn again(work: &Work, request: VendorRequestId) -> Result<Attempt> {
    let request = lock_own(work, request).await?;
    may_go_on(&request)?;
    if request.state != RequestState::Open {
        reopen(work, &request).await?;
    }
    let transaction = work.transaction().await?;
    let detail = requests::newest_first(request.id).one(&*transaction).await?;
    let detail = detail.ok_or_else(|| Error::internal("a provision request has no details"))?;
    let before = newest_first(request.id).one(&*transaction).await?;
    drop(transaction);
    let record = add(work, &request, &detail, before.map_or(1, |before| before.number + 1)).await?;
    Ok(Attempt { record, standing: Standing::pending() })
}

async fn reopen(work: &Work, before: &vendor_request::Model) -> Result<()> {
    let after = vendor_request::Model {
        state: RequestState::Open,
        reason: None,
        result_id: None,
        decided_at: None,
        ..before.clone()
    };
    write(work, before, &after, "provision_request.reopened").await
}

/// Writes an attempt, and enqueues the job that gives it to the vendor's webhook.
pub(super) async fn add(
    work: &Work,
    request: &vendor_request::Model,
    detail: &vendor_detail::Model,
    number: i32,
) -> Result<vendor_attempt::Model> {
    let attempt = vendor_attempt::Model {
        id: VendorAttemptId::new(),
        organization_id: request.organization_id,
        request_id: request.id,
        number,
        detail_id: detail.id,
        endpoint_id: None,
        event_id: None,
        created_at: work.now(),
    };
    attempt.clone().into_active_model().insert(&*work.transaction().await?).await?;
    work.enqueue(job(work, &attempt)?, vec![]).await?;
    Ok(attempt)
}

/// The job that gives an attempt to the vendor's webhook: one at most is open.
pub(super) fn job(work: &Work, attempt: &vendor_attempt::Model) -> Result<NewJob> {
    let job = NewJob::new(Some(attempt.organization_id), &ProvisionAttempt { attempt: attempt.id })?;
    Ok(job.unique(&attempt.id.to_string()).request_id(work.actor.request_id.clone()))
}

/// Of a request's attempts, the newest first.
pub(super) fn newest_first(request: VendorRequestId) -> sea_orm::Select<Entity> {
    Entity::of(request).order_by_desc(Column::Number)
}

/// A page of the request's attempts; of all, or of those that were made with these details.
pub async fn list(
    kernel: &Kernel,
    side: Side,
    request: VendorRequestId,
    detail: Option<VendorDetailId>,
    part: Part,
) -> Result<Page<Attempt>> {
    let db = kernel.db.reader();
    let request = side.request(db, request).await?;
    let all = Entity::of(request.id).apply_if(detail, |query, id| query.filter(Column::DetailId.eq(id)));
    let Page { items, total } = part.of(db, all, Column::Number).await?;
    Ok(Page { items: standing::of(db, items).await?, total })
}

/// One of them; none named: the latest.
pub async fn get(
    kernel: &Kernel,
    side: Side,
    request: VendorRequestId,
    id: Option<VendorAttemptId>,
) -> Result<Attempt> {
    let db = kernel.db.reader();
    let request = side.request(db, request).await?;
    let all = newest_first(request.id).apply_if(id, |query, id| query.filter(Column::Id.eq(id)));
    let found = all.one(db).await?.ok_or(MISSING)?;
    standing::of(db, vec![found]).await?.pop().ok_or(MISSING)
}
