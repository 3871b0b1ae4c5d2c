//! Services that a vendor makes work: what is to be is ordered, and the vendor says later whether it was done.
//!
//! Each order belongs to the job that waits for it: to one direction of one provisioning request, or to one
//! suspension or resumption. So what became of it is never taken for the answer to something else, and a request is
//! fulfilled with what it has ordered, whatever the subscription has become since. What is at the vendor's follows from
//! the orders alone ([`Past`]): what was refused was not done, what was never answered may have been. A `Fail` is not the
//! end of an order: it stays open, and the request in progress, until its deadline.

mod identified;
mod order;
mod past;

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
use past::Past;
use platform::error::Result;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait},
};

/// How what is wanted of a vendor stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ordered {
    /// The vendor has done it.
    Done,
    /// The vendor was asked, and has until then to answer. Whatever the answer is, it wakes the job.
    Waits(DateTime<Utc>),
    /// Another job sees to it.
    Left,
    /// The vendor did not do it, for this reason.
    Refused(String),
}

/// Has the vendor do the service, or none where it is not `wanted`, on behalf of a job: orders it unless that was
/// done, and says how it stands. Told again at any time, it orders nothing twice. An order of another job that is
/// still open is given up for this one's.
pub async fn have(work: &UnitOfWork, held: JobLease, service: &Service, wanted: bool) -> Result<Ordered> {
    // Orders of a subscription are looked at and made under its lock, so one after the other.
    subscriptions::lock(work, service.subscription).await?;
    let wanted = if wanted { Some(wanted_of(work, service).await?) } else { None };
    let transaction = work.transaction().await?;
    let is_held = ledger::is_held(&transaction, held).await?;
    let is_left = service.request.is_none() && is_under_way(&transaction, service).await?;
    let latest = vendors::latest_of(&transaction, service.subscription).await?;
    if !is_held || is_left {
        return Ok(Ordered::Left);
    }
    if let Some(latest) = latest
        && let Some(ordered) = of_latest(work, held, service, (&latest, wanted.as_ref())).await?
    {
        return Ok(ordered);
    }
    let past = Past::of(&work.transaction().await?, service.subscription).await?;
    if past.is_surely(wanted.as_ref()) {
        return Ok(Ordered::Done);
    }
    let Some(vendor) = service.vendor else {
        return Ok(Ordered::Refused("the plan names no provisioner of a vendor".into()));
    };
    let ordered = order::order(work, held, (service, vendor), (&past, wanted)).await?;
    Ok(Ordered::Waits(ordered.deadline_at))
}

/// What the last order that the vendor fulfilled was for, as it was ordered: the vendor's word is all that is known.
/// Whether the service is suspended is not to be seen of a vendor who takes no suspensions, and is as in `service`.
pub async fn done(db: &impl ConnectionTrait, service: &Service) -> Result<Option<OrderedService>> {
    let done = Past::of(db, service.subscription).await?.done;
    if takes_suspensions(db, service).await? {
        return Ok(done);
    }
    Ok(done.map(|done| OrderedService { suspended: service.suspended, ..done }))
}

/// What the job has ordered last of whom, unless that has failed; `None` also where it has ordered that nothing be there.
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

/// What is wanted of the vendor. One who takes no suspensions is not asked for any: such a service stays as it is there.
async fn wanted_of(work: &UnitOfWork, service: &Service) -> Result<OrderedService> {
    let (transaction, wanted) = (work.transaction().await?, order::ordered_service(work, service).await?);
    if !wanted.suspended || takes_suspensions(&transaction, service).await? {
        return Ok(wanted);
    }
    let done = Past::of(&transaction, service.subscription).await?.done;
    Ok(OrderedService { suspended: done.is_some_and(|done| done.suspended), ..wanted })
}

async fn takes_suspensions(db: &impl ConnectionTrait, service: &Service) -> Result<bool> {
    let Some(id) = service.vendor else { return Ok(false) };
    let found = vendor_provisioner::Entity::find_by_id(id).one(db).await?;
    Ok(found.is_some_and(|provisioner| provisioner.suspensions))
}

/// Whether a request changes the service: what it does, it does for the subscription as it is then.
async fn is_under_way(db: &impl ConnectionTrait, service: &Service) -> Result<bool> {
    let open = provisioning_request::Entity::open_of(service.subscription).one(db).await?;
    Ok(open.is_some_and(|request| request.status == RequestStatus::InProgress))
}

/// What the latest order says of what is wanted; none where it says nothing, and is over.
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
            identified::keep(work, service, latest).await?;
            Ok((is_own && service.request.is_some()).then_some(Ordered::Done))
        }
    }
}

/// What an open order says of what is wanted. A request waits for what it has ordered, whatever has become of the
/// subscription since; a suspension or resumption only for what is still wanted.
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
        return Ok(Some(Ordered::Left));
    }
    vendors::give_up(work, latest.id, "something else was ordered before the vendor answered").await?;
    Ok(None)
}

/// Whether the job that waits for the order goes on. What another job waits for and this one wants too is left to it,
/// where it is a suspension or resumption: else the two would go on giving up each other's orders.
async fn is_awaited(work: &UnitOfWork, order: &vendor_request::Model) -> Result<bool> {
    match order.waiting_job {
        Some(job) => ledger::is_open(&work.transaction().await?, job).await,
        None => Ok(false),
    }
}

/// Has the request show why the vendor's latest try failed, while it waits for the next one.
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
