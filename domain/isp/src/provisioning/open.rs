//! Opens and cancels requests.

use super::event_for;
use crate::{payloads::Provisioning, subscriptions};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use engine::ledger::NewJob;
use entities::{
    customer::{self, Metadata},
    ids::{CustomerId, OrganizationId, ProvisioningId, SubscriptionId},
    network_service,
    provisioning_request::{self, RequestStatus, RequestType},
    subscription::{self, SubscriptionStatus},
};
use kernel::{UnitOfWork, job_control};
use platform::error::{Error, Fault, Field, Result, Term};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel, PaginatorTrait, QuerySelect,
    sea_query::OnConflict,
};
use std::cmp::Ordering;

/// A request to open. Field rules were checked when the wire format was parsed.
#[derive(Debug, Clone)]
pub struct NewRequest {
    /// The customer.
    pub customer: CustomerId,
    /// The subscription, of that customer.
    pub subscription: SubscriptionId,
    /// The type.
    pub kind: RequestType,
    /// The earliest time; immediately if `None`.
    pub scheduled: Option<DateTime<Utc>>,
    /// The caller's notes.
    pub notes: Option<String>,
    /// The caller's metadata.
    pub metadata: Option<Metadata>,
}

/// A new request's id and job.
pub(super) fn job_of(work: &UnitOfWork, new: &NewRequest) -> Result<(ProvisioningId, NewJob)> {
    let id = ProvisioningId::new();
    let job = NewJob::new(Some(work.actor.organization), &Provisioning { request: id })?
        .request_id(work.actor.request_id.clone());
    Ok((id, new.scheduled.map_or(job.clone(), |at| job.run_at(at))))
}

/// Opens a request, and enqueues its job for the scheduled time. `NotFound` if the customer does not belong to the
/// organization, or the subscription to the customer; `Invalid` if the type does not fit the subscription's status, or
/// for an absurd time; `Conflict` if another request of the subscription is open. However, an immediate DISCONNECT cancels
/// an installation that has not started, and vice versa. `Forbidden` to a sandbox credential for a live subscription. A
/// change of the plan whose provisioning failed takes effect again. Records `provisioning_request.created`.
pub async fn open(work: &UnitOfWork, new: NewRequest) -> Result<provisioning_request::Model> {
    let now = work.now();
    check_time(new.scheduled, now)?;
    let (id, job) = job_of(work, &new)?;
    let subscription = find(work, &new).await?;
    subscriptions::check_sandbox(&work.actor, &subscription)?;
    if new.kind != RequestType::NewInstall {
        // The order of locks when a plan is changed: the subscription before its request. A DISCONNECT rules out changes.
        subscriptions::lock(work, subscription.id).await?;
    }
    if let (Some(other), true) = (opposite(new.kind), new.scheduled.is_none_or(|at| at <= now)) {
        cancel_if(work, subscription.id, |open| open.kind == other).await?;
    }
    let way = match new.kind {
        RequestType::Upgrade => Some(Ordering::Greater),
        RequestType::Downgrade => Some(Ordering::Less),
        RequestType::NewInstall | RequestType::Disconnect => None,
    };
    let (kind, request) = (new.kind, model(new, subscription.organization_id, (id, job.id), now));
    let transaction = work.transaction().await?;
    let row = provisioning_request::Entity::insert(request.clone().into_active_model());
    let is_only = row.on_conflict(OnConflict::new().do_nothing().to_owned());
    if is_only.exec_without_returning(&transaction).await? == 0 {
        return Err(conflict(work, subscription.id).await?);
    }
    // From here on, no other request of the subscription is open that could end.
    let service = network_service::Entity::find_by_id(subscription.id).one(&transaction).await?;
    check_type(kind, &subscription, service.as_ref())?;
    if let Some(way) = way {
        // Boxed: applying the change opens requests.
        Box::pin(subscriptions::retry_change(work, &super::Provisioned, subscription.id, way)).await?;
    }
    work.enqueue(job, vec![event_for(work, CREATED, &request)?]).await?;
    Ok(request)
}

/// The type of the event of a new request. No contract has it: it is for the audit trail.
pub(super) const CREATED: &str = "provisioning_request.created";

/// The type that a request of this type cancels.
const fn opposite(kind: RequestType) -> Option<RequestType> {
    match kind {
        RequestType::Disconnect => Some(RequestType::NewInstall),
        RequestType::NewInstall => Some(RequestType::Disconnect),
        RequestType::Upgrade | RequestType::Downgrade => None,
    }
}

/// The conflict with the open request of the subscription, which may have ended meanwhile.
async fn conflict(work: &UnitOfWork, subscription: SubscriptionId) -> Result<Error> {
    let open = provisioning_request::Entity::open_of(subscription).one(&work.transaction().await?).await?;
    let message = "Another provisioning request of the subscription was under way; try again".to_owned();
    let field = Some(Field::Subscription);
    Ok(open.map_or(Error::Conflict { message, field }, |open| open_conflict(&open, work.now(), field)))
}

/// The conflict with an open request.
pub(super) fn open_conflict(
    open: &provisioning_request::Model,
    now: DateTime<Utc>,
    field: Option<Field>,
) -> Error {
    let noun = match open.kind {
        RequestType::NewInstall => "An installation",
        RequestType::Upgrade => "An upgrade",
        RequestType::Downgrade => "A downgrade",
        RequestType::Disconnect => "A disconnection",
    };
    let message = match open.scheduled_at.filter(|at| open.status == RequestStatus::Pending && *at > now) {
        Some(at) => format!(
            "{noun} of the subscription is scheduled for {}; wait until it has ended, or have it cancelled",
            at.to_rfc3339_opts(SecondsFormat::Millis, true)
        ),
        None => format!("{noun} of the subscription is under way; wait until it has ended"),
    };
    Error::Conflict { message, field }
}

/// The subscription, not locked: the unique index of open requests serializes concurrent callers.
async fn find(work: &UnitOfWork, new: &NewRequest) -> Result<subscription::Model> {
    let transaction = work.transaction().await?;
    let found = subscriptions::find(&transaction, work.actor.organization, new.subscription).await;
    match found {
        Ok(subscription) if subscription.customer_id == new.customer => Ok(subscription),
        Err(error) if !matches!(error, Error::NotFound(_)) => Err(error),
        _ => Err(missing(work, new.customer).await?),
    }
}

async fn missing(work: &UnitOfWork, customer: CustomerId) -> Result<Error> {
    let customers = customer::Entity::one_of(work.actor.organization, customer);
    let is_there = customers.count(&work.transaction().await?).await? > 0;
    Ok(Error::NotFound(if is_there { "Subscription" } else { "Customer" }))
}

/// Maximum age of a scheduled time: clocks and time zones differ, and a due request starts immediately.
const PAST: TimeDelta = TimeDelta::days(1);
/// Maximum distance of a scheduled time: anything later is a typo.
const AHEAD: TimeDelta = TimeDelta::days(3653);

pub(super) fn check_time(scheduled: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Result<()> {
    match scheduled {
        Some(at) if at < now - PAST => wrong(Field::ScheduledDate, "must not be more than a day in the past"),
        Some(at) if at > now + AHEAD => wrong(Field::ScheduledDate, "is more than ten years away"),
        _ => Ok(()),
    }
}

fn check_type(
    kind: RequestType,
    subscription: &subscription::Model,
    service: Option<&network_service::Model>,
) -> Result<()> {
    let installed = service.is_some_and(|service| service.removed_at.is_none());
    let over = subscription.status == SubscriptionStatus::Cancelled;
    match kind {
        RequestType::NewInstall if over => {
            wrong_type("cannot be {}: the subscription is {}", &[Term::NewInstall, Term::Cancelled])
        }
        RequestType::NewInstall if installed => {
            wrong_type("cannot be {}: the subscription is installed already", &[Term::NewInstall])
        }
        RequestType::Upgrade | RequestType::Downgrade if over => {
            wrong_type("must be {}: the subscription is {}", &[Term::Disconnect, Term::Cancelled])
        }
        RequestType::NewInstall => Ok(()),
        // Not installed: it only ends the subscription.
        RequestType::Disconnect if service.is_none() && !over => Ok(()),
        RequestType::Disconnect if service.is_none() => {
            wrong_type("does not fit: the subscription is {}, and was never installed", &[Term::Cancelled])
        }
        _ if !installed && service.is_some() => {
            wrong_type("does not fit: the subscription was disconnected already", &[])
        }
        _ if !installed => {
            wrong_type("must be {}: the subscription is not installed yet", &[Term::NewInstall])
        }
        _ => Ok(()),
    }
}

fn wrong(field: Field, message: &str) -> Result<()> {
    Err(Error::invalid(Fault::field(field, message)))
}

fn wrong_type(text: &'static str, terms: &'static [Term]) -> Result<()> {
    Err(Error::invalid(Fault::with_terms(Field::RequestType, text, terms)))
}

/// The row of a new request.
pub(super) fn model(
    new: NewRequest,
    organization_id: OrganizationId,
    (id, job_id): (ProvisioningId, entities::ids::JobId),
    now: DateTime<Utc>,
) -> provisioning_request::Model {
    provisioning_request::Model {
        id,
        organization_id,
        customer_id: new.customer,
        subscription_id: new.subscription,
        kind: new.kind,
        status: RequestStatus::Pending,
        scheduled_at: new.scheduled,
        completed_at: None,
        ont_id: None,
        ipv4: None,
        ipv6: None,
        notes: new.notes,
        metadata: new.metadata,
        job_id,
        attempt: 0,
        plan_id: None,
        undoing: None,
        last_failure: None,
        created_at: now,
        updated_at: now,
    }
}

/// Cancels the subscription's request that has not started. A request in progress continues: it checks the subscription
/// before it ends.
pub async fn cancel(work: &UnitOfWork, subscription: SubscriptionId) -> Result<()> {
    cancel_if(work, subscription, |_| true).await
}

async fn cancel_if(
    work: &UnitOfWork,
    subscription: SubscriptionId,
    fits: impl Fn(&provisioning_request::Model) -> bool,
) -> Result<()> {
    let transaction = work.transaction().await?;
    let found = provisioning_request::Entity::open_of(subscription).lock_exclusive();
    let is_one = |it: &provisioning_request::Model| it.status == RequestStatus::Pending && fits(it);
    let found = found.one(&transaction).await?.filter(is_one);
    let Some(request) = found else { return Ok(()) };
    let row = provisioning_request::ActiveModel {
        id: Set(request.id),
        status: Set(RequestStatus::Cancelled),
        updated_at: Set(work.now()),
        ..Default::default()
    };
    row.update(&transaction).await?;
    job_control::cancel(work, request.job_id).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_is_a_slip_of_the_pen_is_refused() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        for (days, good) in [(-2, false), (-1, true), (0, true), (3652, true), (3654, false)] {
            let scheduled = Some(now + TimeDelta::days(days));
            assert_eq!(check_time(scheduled, now).is_ok(), good, "{days}");
        }
        assert!(check_time(None, now).is_ok());
    }
}
