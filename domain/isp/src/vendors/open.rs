//! Creates requests with their first details and attempt.

use super::{RESOURCE, attempts, details, in_use, or_in_use, vendor_actor};
use chrono::{DateTime, Utc};
use entities::{
    RawJson,
    ids::{
        JobId, ProvisioningId, SubscriptionId, VendorAttemptId, VendorDetailId, VendorProvisionerId,
        VendorRequestId,
    },
    vendor_attempt, vendor_detail, vendor_provisioner,
    vendor_request::{self, Body, OrderedService, RequestState, RequestType},
};
use kernel::{UnitOfWork, events};
use platform::error::{Error, Field, Result};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, sea_query::Expr,
};
use uuid::Uuid;

/// An order for a vendor.
#[derive(Debug, Clone)]
pub struct NewOrder {
    /// The vendor's provisioner.
    pub provisioner: VendorProvisionerId,
    /// The type.
    pub kind: RequestType,
    /// The provisioning request; `None` for a suspension or resumption.
    pub order: Option<ProvisioningId>,
    /// The job to wake when it is decided.
    pub waiting: Option<JobId>,
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The quantity.
    pub quantity: Option<i64>,
    /// Partner, customer, product and term.
    pub body: Body,
    /// The service after the order is fulfilled; `None` if there is none.
    pub service: Option<OrderedService>,
    /// As stored: `vendor_detail::Model::details`.
    pub details: RawJson,
}

/// The content of a new request.
#[derive(Debug)]
pub(super) struct NewRequest {
    pub kind: RequestType,
    pub partner: Option<Uuid>,
    pub subscription: Option<SubscriptionId>,
    pub quantity: Option<i64>,
    pub body: Body,
    pub order: Option<ProvisioningId>,
    pub waiting: Option<JobId>,
    pub service: Option<OrderedService>,
    pub details: RawJson,
    pub given: GivenOrder,
}

/// Given id and time of an object of a simulated order.
#[derive(Debug, Clone, Copy, Default)]
pub struct Given {
    /// Its id.
    pub id: Option<Uuid>,
    /// Its creation.
    pub created_at: Option<DateTime<Utc>>,
}

/// The given ids and times of an order's objects.
#[derive(Debug, Clone, Copy, Default)]
pub struct GivenOrder {
    /// The request.
    pub request: Given,
    /// Its details.
    pub detail: Given,
    /// Its attempt.
    pub attempt: Given,
}

/// A request with its first details and attempt.
#[derive(Debug)]
pub(super) struct CreatedRequest {
    pub request: vendor_request::Model,
    pub detail: vendor_detail::Model,
    pub attempt: vendor_attempt::Model,
}

/// Places an order with a vendor, for the actor's organization: creates the request, its details and its first attempt,
/// enqueues the job that notifies the vendor, and records `provision_request.created`, which is the vendor's event.
/// `NotFound` if there is no such provisioner.
pub async fn order(work: &UnitOfWork, new: NewOrder) -> Result<vendor_request::Model> {
    let found = vendor_provisioner::Entity::find_by_id(new.provisioner);
    let found = found.one(&work.transaction().await?).await?;
    let provisioner = found.ok_or(Error::NotFound("Provisioner"))?;
    let opening = NewRequest {
        kind: new.kind,
        partner: Some(work.actor.organization.0),
        subscription: Some(new.subscription),
        quantity: new.quantity,
        body: new.body,
        order: new.order,
        waiting: new.waiting,
        service: new.service,
        details: new.details,
        given: GivenOrder::default(),
    };
    Ok(open(work, &provisioner, opening).await?.request)
}

/// Creates a request with its first details and attempt. `Conflict` if a given id is in use.
pub(super) async fn open(
    work: &UnitOfWork,
    provisioner: &vendor_provisioner::Model,
    new: NewRequest,
) -> Result<CreatedRequest> {
    check_ids(work, &new.given).await?;
    let (answers, given) = (new.details.clone(), new.given);
    let request = model(work, provisioner, new);
    let inserted = request.clone().into_active_model().insert(&work.transaction().await?).await;
    inserted.map_err(|error| or_in_use(error, Field::ProvisionRequestId))?;
    let detail = details::new(work, &request, 1, answers);
    let detail = vendor_detail::Model {
        id: given.detail.id.map_or(detail.id, VendorDetailId),
        created_at: given.detail.created_at.unwrap_or(detail.created_at),
        ..detail
    };
    let detail = details::add(work, detail).await?;
    let attempt = attempts::new(work, &request, &detail, 1);
    let attempt = vendor_attempt::Model {
        id: given.attempt.id.map_or(attempt.id, VendorAttemptId),
        created_at: given.attempt.created_at.unwrap_or(attempt.created_at),
        ..attempt
    };
    let attempt = attempts::add(work, attempt).await?;
    let actor = vendor_actor(work, request.organization_id);
    let object = (RESOURCE, request.id.0);
    work.record([events::event(&actor, "provision_request.created", object, &request, work.now())?]);
    Ok(CreatedRequest { request, detail, attempt })
}

/// `Conflict`, with the field, for a given id that is in use.
async fn check_ids(work: &UnitOfWork, given: &GivenOrder) -> Result<()> {
    let transaction = work.transaction().await?;
    let db = &transaction;
    if let Some(id) = given.request.id
        && vendor_request::Entity::find_by_id(VendorRequestId(id)).count(db).await? > 0
    {
        return Err(in_use(Field::ProvisionRequestId));
    }
    if let Some(id) = given.detail.id
        && vendor_detail::Entity::find_by_id(VendorDetailId(id)).count(db).await? > 0
    {
        return Err(in_use(Field::ProvisionDetailId));
    }
    match given.attempt.id {
        Some(id) if vendor_attempt::Entity::find_by_id(VendorAttemptId(id)).count(db).await? > 0 => {
            Err(in_use(Field::ProvisionAttemptId))
        }
        _ => Ok(()),
    }
}

fn model(
    work: &UnitOfWork,
    provisioner: &vendor_provisioner::Model,
    new: NewRequest,
) -> vendor_request::Model {
    let now = work.now();
    vendor_request::Model {
        id: new.given.request.id.map_or_else(VendorRequestId::new, VendorRequestId),
        organization_id: provisioner.organization_id,
        provisioner_id: provisioner.id,
        sandbox: provisioner.sandbox,
        kind: new.kind,
        partner_id: new.partner,
        subscription_id: new.subscription,
        quantity: new.quantity,
        body: new.body,
        service: new.service,
        order_id: new.order,
        waiting_job: new.waiting,
        state: RequestState::Open,
        reason: None,
        result_id: None,
        decided_at: None,
        deadline_at: now + work.kernel.settings.vendors.deadline,
        created_at: new.given.request.created_at.unwrap_or(now),
    }
}

/// The last order for the subscription.
pub async fn latest_of(
    db: &impl ConnectionTrait,
    subscription: SubscriptionId,
) -> Result<Option<vendor_request::Model>> {
    Ok(vendor_request::Entity::ordered_for(subscription).one(db).await?)
}

/// Detaches a retried job from the subscription's failed orders: it places a new order, instead of ending as before.
pub async fn detach_failed(work: &UnitOfWork, subscription: SubscriptionId, job: JobId) -> Result<()> {
    use vendor_request::{Column, Entity};
    Entity::update_many()
        .col_expr(Column::WaitingJob, Expr::value(Option::<JobId>::None))
        .filter(Column::SubscriptionId.eq(subscription))
        .filter(Expr::cust("sandbox = false"))
        .filter(Column::WaitingJob.eq(job))
        .filter(Column::State.eq(RequestState::Failed))
        .exec(&work.transaction().await?)
        .await?;
    Ok(())
}
