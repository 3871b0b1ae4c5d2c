//! Decides requests: once, the first caller wins.

use super::{
    RESOURCE, attempts,
    delivery_status::withdraw,
    lock,
    outcome::{CANCELLED, FinalOutcome, final_outcome},
    vendor_actor,
};
use chrono::{DateTime, Utc};
use engine::ledger;
use entities::{
    ids::{JobId, OrganizationId, VendorRequestId, VendorResultId},
    vendor_request::{self, RequestState},
    vendor_result,
};
use kernel::{
    Kernel, UnitOfWork,
    events::{self, Actor},
};
use platform::error::Result;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect, Statement, sea_query::Expr,
};

/// A decision of a request.
#[derive(Debug)]
pub(super) struct Decision {
    pub state: RequestState,
    /// The reason of the failure.
    pub reason: Option<String>,
    /// The deciding result. For a request that was given up: the vendor's last result, if it was a `Fail` of the latest
    /// attempt, so that the order is known not to have been carried out.
    pub result: Option<VendorResultId>,
    pub at: DateTime<Utc>,
}

/// Gives up a request with this reason. A decided one does not change.
pub async fn give_up(work: &UnitOfWork, request: VendorRequestId, reason: &str) -> Result<()> {
    let request = lock(work, request).await?;
    fail(work, &request, FinalOutcome { at: work.now(), failure: Some(reason.into()) }).await
}

/// Gives up a request whose deadline has passed or whose job has ended without it, and returns the reason; `None` if it
/// is still open.
pub async fn expire(work: &UnitOfWork, request: VendorRequestId) -> Result<Option<String>> {
    let request = lock(work, request).await?;
    let Some(outcome) = final_outcome(work, &request).await? else { return Ok(None) };
    let failure = outcome.failure.clone();
    fail(work, &request, outcome).await?;
    Ok(failure)
}

/// Cancels the open requests that this job waits for: it is cancelled, retried, or given up. Requests are locked before
/// jobs, so the caller must not have locked the job yet.
pub async fn cancel_orders_of(work: &UnitOfWork, job: JobId) -> Result<()> {
    use vendor_request::{Column, Entity};
    // As the index has it, word by word.
    let open = Entity::find().filter(Expr::cust("state = 'open'")).filter(Column::WaitingJob.eq(job));
    let open = open.order_by_asc(Column::Id).lock_exclusive().all(&work.transaction().await?).await?;
    for request in open {
        let cancelled = FinalOutcome { at: work.now(), failure: Some(CANCELLED.into()) };
        let outcome = final_outcome(work, &request).await?.unwrap_or(cancelled);
        fail(work, &request, outcome).await?;
    }
    Ok(())
}

async fn fail(work: &UnitOfWork, request: &vendor_request::Model, outcome: FinalOutcome) -> Result<()> {
    if request.state != RequestState::Open {
        return Ok(());
    }
    let result = last_word(work, request).await?;
    let state = RequestState::Failed;
    decide(work, request, Decision { state, reason: outcome.failure, result, at: outcome.at }).await
}

/// The vendor's last result of an open request, if it is a failure of the latest attempt: the order was not carried
/// out. Without a result of the latest attempt, that is unknown.
async fn last_word(work: &UnitOfWork, request: &vendor_request::Model) -> Result<Option<VendorResultId>> {
    let latest = attempts::latest(work, request).await?;
    let result = vendor_result::Entity::of(request.id)
        .filter(vendor_result::Column::AttemptId.eq(latest.id))
        .order_by_desc(vendor_result::Column::Number);
    Ok(result.one(&work.transaction().await?).await?.map(|result| result.id))
}

/// Maximum number of requests per pass.
const BATCH: i64 = 100;

#[derive(FromQueryResult)]
struct Overdue {
    id: VendorRequestId,
    organization_id: OrganizationId,
}

/// Gives up requests whose deadline has passed, or whose job has ended or is being cancelled, and returns their number.
/// Usually the waiting job does this itself. Failures are logged and do not affect other requests.
pub async fn expire_overdue(kernel: &Kernel) -> Result<u64> {
    let sql = "select r.id, r.organization_id from vendor_requests r left join jobs j on j.id = r.waiting_job
      where r.state = 'open' and (r.deadline_at <= $1
        or (r.waiting_job is not null
          and (j.id is null or j.finished_at is not null or j.cancel_requested_at is not null)))
      order by r.deadline_at, r.id limit $2";
    let (db, now) = (kernel.db.reader(), kernel.clock.now());
    let statement =
        Statement::from_sql_and_values(db.get_database_backend(), sql, [now.into(), BATCH.into()]);
    let found = Overdue::find_by_statement(statement).all(db).await?;
    let mut expired = 0;
    for overdue in &found {
        match expire_one(kernel, overdue).await {
            Ok(()) => expired += 1,
            Err(error) => {
                tracing::warn!(request = %overdue.id, %error, "a request to a vendor was not given up");
            }
        }
    }
    Ok(expired)
}

async fn expire_one(kernel: &Kernel, overdue: &Overdue) -> Result<()> {
    let work = UnitOfWork::new(kernel.clone(), Actor::system(overdue.organization_id));
    expire(&work, overdue.id).await?;
    work.commit().await
}

/// Decides a locked, open request: records `provision_request.succeeded` or `provision_request.failed`, wakes the
/// waiting job, and withdraws undelivered notifications.
pub(super) async fn decide(
    work: &UnitOfWork,
    before: &vendor_request::Model,
    decision: Decision,
) -> Result<()> {
    let kind = match decision.state {
        RequestState::Succeeded => "provision_request.succeeded",
        _ => "provision_request.failed",
    };
    let after = vendor_request::Model {
        state: decision.state,
        reason: decision.reason,
        result_id: decision.result,
        decided_at: Some(decision.at),
        ..before.clone()
    };
    write(work, &after).await?;
    let actor = vendor_actor(work, after.organization_id);
    let event = events::change(&actor, kind, (RESOURCE, after.id.0), (before, &after), work.now())?;
    work.record([event]);
    wake(work, &after).await?;
    let delivered = attempts::events_of(work, after.id).await?;
    withdraw(work, &delivered, "the provision request was decided first").await
}

/// Stores the reason of the latest failure. The request stays open, and its job is woken.
pub(super) async fn note_failure(
    work: &UnitOfWork,
    before: &vendor_request::Model,
    why: Option<String>,
) -> Result<()> {
    let after = vendor_request::Model { reason: why, ..before.clone() };
    write(work, &after).await?;
    wake(work, &after).await
}

/// Wakes the job that waits for the request. A job that has ended is not changed, and its request is being given up: a
/// request is fulfilled only while its open job is locked ([`final_outcome`]).
async fn wake(work: &UnitOfWork, request: &vendor_request::Model) -> Result<()> {
    let Some(job) = request.waiting_job else { return Ok(()) };
    let woken = ledger::wake(&work.transaction().await?, job, work.now()).await?;
    work.enqueue_on_commit(woken);
    Ok(())
}

/// Writes the decision of a request.
async fn write(work: &UnitOfWork, after: &vendor_request::Model) -> Result<()> {
    let row = vendor_request::ActiveModel {
        id: Set(after.id),
        state: Set(after.state),
        reason: Set(after.reason.clone()),
        result_id: Set(after.result_id),
        decided_at: Set(after.decided_at),
        ..Default::default()
    };
    row.update(&work.transaction().await?).await?;
    Ok(())
}
