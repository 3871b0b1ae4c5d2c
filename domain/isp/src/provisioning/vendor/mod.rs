//! Services provisioned by a vendor: they are ordered, and the vendor sends a result later.
//!
//! Each order belongs to the job that waits for it: one direction of a provisioning request, a suspension or a
//! resumption. So its result is never attributed to something else, and a request is fulfilled with what it ordered,
//! whatever the subscription has become since. The state at the vendor is derived from the orders alone
//! ([`OrderHistory`]): a failed order had no effect, an unanswered one may have had. A `Fail` does not end an order: it
//! stays open, and the request in progress, until the deadline.

mod external_ids;
mod order;
mod order_history;

use super::Service;
use crate::{subscriptions, vendors};
use chrono::{DateTime, Utc};
use engine::ledger::{self, JobLease};
use entities::{
    ids::{JobId, SubscriptionId, VendorProvisionerId},
    provisioning_request::{self, RequestStatus},
    vendor_provisioner,
    vendor_request::{self, OrderedService, RequestState},
};
use kernel::UnitOfWork;
use order_history::OrderHistory;
use platform::error::Result;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait},
};

/// The state of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ordered {
    /// The vendor has fulfilled it.
    Done,
    /// It was ordered, with this deadline. Any result wakes the job.
    Waits(DateTime<Utc>),
    /// Another job is responsible.
    HandledElsewhere,
    /// The vendor did not fulfil it, for this reason.
    Refused(String),
}

/// Orders the service (its removal, unless `wanted`) for a job, unless it is ordered already, and returns the state.
/// Idempotent: nothing is ordered twice. An open order of another job is replaced.
pub async fn ensure_ordered(
    work: &UnitOfWork,
    held: JobLease,
    service: &Service,
    wanted: bool,
) -> Result<Ordered> {
    // The subscription's lock serializes its orders.
    subscriptions::lock(work, service.subscription).await?;
    let wanted = if wanted { Some(wanted_of(work, service).await?) } else { None };
    let transaction = work.transaction().await?;
    let is_held = ledger::is_held(&transaction, held).await?;
    let is_left = service.request.is_none() && is_under_way(&transaction, service).await?;
    let latest = vendors::latest_of(&transaction, service.subscription).await?;
    if !is_held || is_left {
        return Ok(Ordered::HandledElsewhere);
    }
    if let Some(latest) = latest
        && let Some(ordered) = of_latest(work, held, service, (&latest, wanted.as_ref())).await?
    {
        return Ok(ordered);
    }
    let order_history = OrderHistory::of(&work.transaction().await?, service.subscription).await?;
    if order_history.is_confirmed(wanted.as_ref()) {
        return Ok(Ordered::Done);
    }
    let Some(vendor) = service.vendor else {
        return Ok(Ordered::Refused("the plan names no provisioner of a vendor".into()));
    };
    let ordered = order::order(work, held, (service, vendor), (&order_history, wanted)).await?;
    Ok(Ordered::Waits(ordered.deadline_at))
}

/// The service of the last fulfilled order, which is all that is known about the vendor's network. If the vendor does not
/// support suspensions, `suspended` is taken from `service`.
pub async fn done(db: &impl ConnectionTrait, service: &Service) -> Result<Option<OrderedService>> {
    let done = OrderHistory::of(db, service.subscription).await?.done;
    if takes_suspensions(db, service).await? {
        return Ok(done);
    }
    Ok(done.map(|done| OrderedService { suspended: service.suspended, ..done }))
}

/// The job's last order and its provisioner, unless it failed; `None` also for a removal.
pub(super) async fn ordered_by(
    db: &impl ConnectionTrait,
    job: JobId,
    subscription: SubscriptionId,
) -> Result<Option<(VendorProvisionerId, OrderedService)>> {
    use vendor_request::{Column, Entity};
    let order = Entity::ordered_for(subscription)
        .filter(Column::WaitingJob.eq(job))
        .filter(Column::State.ne(RequestState::Failed));
    let Some(order) = order.one(db).await? else { return Ok(None) };
    Ok(order.service.map(|service| (order.provisioner_id, service)))
}

/// The service to order. If the vendor does not support suspensions, `suspended` stays as last ordered.
async fn wanted_of(work: &UnitOfWork, service: &Service) -> Result<OrderedService> {
    let (transaction, wanted) = (work.transaction().await?, order::ordered_service(work, service).await?);
    if !wanted.suspended || takes_suspensions(&transaction, service).await? {
        return Ok(wanted);
    }
    let done = OrderHistory::of(&transaction, service.subscription).await?.done;
    Ok(OrderedService { suspended: done.is_some_and(|done| done.suspended), ..wanted })
}

async fn takes_suspensions(db: &impl ConnectionTrait, service: &Service) -> Result<bool> {
    let Some(id) = service.vendor else { return Ok(false) };
    let found = vendor_provisioner::Entity::find_by_id(id).one(db).await?;
    Ok(found.is_some_and(|provisioner| provisioner.suspensions))
}

/// Whether a request in progress changes the service: it applies the subscription's current state.
async fn is_under_way(db: &impl ConnectionTrait, service: &Service) -> Result<bool> {
    let open = provisioning_request::Entity::open_of(service.subscription).one(db).await?;
    Ok(open.is_some_and(|request| request.status == RequestStatus::InProgress))
}

/// The state according to the latest order; `None` if it has ended and is not conclusive.
async fn of_latest(
    work: &UnitOfWork,
    held: JobLease,
    service: &Service,
    (latest, wanted): (&vendor_request::Model, Option<&OrderedService>),
) -> Result<Option<Ordered>> {
    let is_own = latest.waiting_job == Some(held.id);
    match latest.state {
        RequestState::Open if work.now() >= latest.deadline_at => {
            let why = vendors::expire(work, latest.id).await?;
            Ok(why.filter(|_| is_own).map(Ordered::Refused))
        }
        RequestState::Open => of_open(work, service, (latest, is_own), wanted).await,
        RequestState::Failed if is_own => {
            Ok(Some(Ordered::Refused(latest.reason.clone().unwrap_or_default())))
        }
        RequestState::Failed => Ok(None),
        RequestState::Succeeded => {
            external_ids::store(work, service, latest).await?;
            Ok((is_own && service.request.is_some()).then_some(Ordered::Done))
        }
    }
}

/// The state according to an open order. A request waits for its order, whatever the subscription has become since; a
/// suspension or resumption only if it is still wanted.
async fn of_open(
    work: &UnitOfWork,
    service: &Service,
    (latest, is_own): (&vendor_request::Model, bool),
    wanted: Option<&OrderedService>,
) -> Result<Option<Ordered>> {
    let is_request = service.request.is_some();
    let is_same = latest.service.as_ref() == wanted;
    if is_own && (is_request || is_same) {
        note_failure(work, service, latest.reason.as_deref()).await?;
        return Ok(Some(Ordered::Waits(latest.deadline_at)));
    }
    if !is_request && is_same && is_awaited(work, latest).await? {
        return Ok(Some(Ordered::HandledElsewhere));
    }
    vendors::give_up(work, latest.id, "something else was ordered before the vendor answered").await?;
    Ok(None)
}

/// Whether the job waiting for the order is open. An order that another job waits for is left to it if this job wants the
/// same suspension or resumption; otherwise the two would keep replacing each other's orders.
async fn is_awaited(work: &UnitOfWork, order: &vendor_request::Model) -> Result<bool> {
    match order.waiting_job {
        Some(job) => ledger::is_open(&work.transaction().await?, job).await,
        None => Ok(false),
    }
}

/// Stores the vendor's last failure in the request, while it waits for the next result.
async fn note_failure(work: &UnitOfWork, service: &Service, why: Option<&str>) -> Result<()> {
    use provisioning_request::{Column, Entity};
    let (Some(id), Some(why)) = (service.request, why) else { return Ok(()) };
    Entity::update_many()
        .col_expr(Column::LastFailure, Expr::value(why))
        .col_expr(Column::UpdatedAt, Expr::value(work.now()))
        .filter(Column::Id.eq(id))
        .filter(Column::Status.eq(RequestStatus::InProgress))
        .filter(Column::LastFailure.is_null().or(Column::LastFailure.ne(why)))
        .exec(&work.transaction().await?)
        .await?;
    Ok(())
}
