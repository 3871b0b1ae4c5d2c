//! Starts an attempt: claims the request, and allocates the resources.

use super::{Service, compensate, event_for, steps, vendor};
use crate::{
    addresses::{self, AllocationRequest, Reserved},
    coverage, plans, subscriptions,
};
use entities::{
    customer,
    ids::{JobId, PlanId, ProvisioningId},
    ip_pool::Family,
    network_service,
    plan::Provisioner,
    provisioning_request::{self, Model as Request, RequestStatus, RequestType},
    subscription::{self, SubscriptionStatus},
};
use kernel::UnitOfWork;
use platform::error::{Error, Result};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};

/// What an attempt has to do.
#[derive(Debug)]
pub enum Start {
    /// Nothing: the request has ended, or another job or a later attempt holds it.
    Finished,
    /// Nothing: the request cannot be fulfilled, and has failed.
    Failed,
    /// Apply the state after the request, then call [`super::complete`].
    Apply(Box<Plan>),
    /// Restore the state before the request, then call [`super::finish_rollback`].
    Rollback(Box<Plan>),
}

/// The state of the network before and after a request.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The request.
    pub request: Request,
    /// The subscription's plan at the start of the attempt.
    pub plan_id: PlanId,
    /// The provisioner that applies it.
    pub provisioner: Provisioner,
    /// The service before, if any.
    pub before: Option<Service>,
    /// The service afterwards, if any.
    pub after: Option<Service>,
}

/// Starts an attempt: claims the request, so that attempts without a lease lose it. The first attempt also reserves the
/// resources and records `provisioning.started`. If coverage, addresses or ONTs run out, the request fails immediately
/// and releases what it reserved.
pub async fn begin(work: &UnitOfWork, id: ProvisioningId, job: JobId, attempt: i32) -> Result<Start> {
    let Some(request) = claim(work, id, job, attempt).await? else { return Ok(Start::Finished) };
    let fresh = request.status == RequestStatus::Pending;
    if fresh && request.undoing.is_none() {
        return start_new(work, request).await;
    }
    let mut plan = resume(work, request).await?;
    if plan.request.undoing.is_none() {
        // After an order to a vendor, the attempted plan is the ordered one, whatever the order's state.
        let tried = plan.request.plan_id.filter(|_| plan.provisioner == Provisioner::Vendor);
        plan.request = note_plan(work, plan.request.clone(), tried.unwrap_or(plan.plan_id)).await?;
    }
    Ok(if plan.request.undoing.is_some() { Start::Rollback(plan) } else { Start::Apply(plan) })
}

/// Claims the open request; `None` if it has ended, or another job or a later attempt holds it.
async fn claim(work: &UnitOfWork, id: ProvisioningId, job: JobId, attempt: i32) -> Result<Option<Request>> {
    use provisioning_request::{Column, Entity};
    let held = Entity::update_many()
        .col_expr(Column::Attempt, Expr::value(attempt))
        .filter(Column::Id.eq(id))
        .filter(Column::OrganizationId.eq(work.actor.organization))
        .filter(Column::JobId.eq(job))
        .filter(Column::Attempt.lte(attempt))
        .filter(Column::Status.is_in([RequestStatus::Pending, RequestStatus::InProgress]));
    Ok(held.exec_with_returning(&work.transaction().await?).await?.pop())
}

async fn start_new(work: &UnitOfWork, request: Request) -> Result<Start> {
    let request = Request { status: RequestStatus::InProgress, updated_at: work.now(), ..request };
    work.record([event_for(work, "provisioning.started", &request)?]);
    match prepare(work, request.clone()).await? {
        Ok(plan) => Ok(Start::Apply(Box::new(plan))),
        Err(why) => {
            steps::insert_steps(work, &request, &[]).await?;
            compensate::fail(work, request, &why).await?;
            Ok(Start::Failed)
        }
    }
}

/// Allocates the resources and inserts the steps; the reason if that is impossible.
async fn prepare(work: &UnitOfWork, request: Request) -> Result<Result<Plan, String>> {
    let subscription = find(work, &request).await?;
    if subscription.status == SubscriptionStatus::Cancelled && request.kind != RequestType::Disconnect {
        return Ok(Err("the subscription was cancelled".into()));
    }
    if request.kind != RequestType::NewInstall {
        steps::insert_steps(work, &request, &[]).await?;
        save_request(work, &request).await?;
        let plan = change(work, request, &subscription).await?;
        let request = note_plan(work, plan.request, plan.plan_id).await?;
        return Ok(Ok(Plan { request, ..plan }));
    }
    let request = match allocate(work, request, &subscription).await? {
        Ok(request) => request,
        Err(why) => return Ok(Err(why)),
    };
    save_request(work, &request).await?;
    install(work, request, &subscription).await.map(Ok)
}

async fn find(work: &UnitOfWork, request: &Request) -> Result<subscription::Model> {
    let transaction = work.transaction().await?;
    subscriptions::find(&transaction, request.organization_id, request.subscription_id).await
}

/// Reserves addresses and an ONT for the subscription.
async fn allocate(
    work: &UnitOfWork,
    request: Request,
    subscription: &subscription::Model,
) -> Result<Result<Request, String>> {
    let transaction = work.transaction().await?;
    let customer = customer::Entity::one_of(request.organization_id, request.customer_id);
    let customer = customer.one(&transaction).await?.ok_or(Error::NotFound("Customer"))?;
    let address = &customer.service_address;
    let Some(serving) = coverage::serving(&transaction, request.organization_id, address).await? else {
        return Ok(Err(format!("{} {} is outside of the coverage", address.city, address.zip)));
    };
    if let Some(why) = serving.refuses(&plan(work, subscription).await?, address) {
        return Ok(Err(why));
    }
    let owner = request.subscription_id.0;
    let wanted = [Family::V4, Family::V6].map(|family| AllocationRequest {
        owner,
        customer: customer.id,
        family,
        region: &serving.region,
    });
    let (ipv4, ipv6) = match addresses::reserve_each(work, wanted).await? {
        [Reserved::Given(address), Reserved::Given(network)] => (address, Some(network)),
        [Reserved::Given(address), Reserved::NoPool] => (address, None),
        [Reserved::Given(_), Reserved::Exhausted] => {
            return Ok(Err(format!("no IPv6 network is left in {}", serving.region)));
        }
        _ => return Ok(Err(format!("no IPv4 address is left in {}", serving.region))),
    };
    let Some(ont) = coverage::take_ont(work, serving.olt, owner).await? else {
        return Ok(Err(format!("no ONT is left for {} {}", address.city, address.zip)));
    };
    let request = Request {
        ont_id: Some(ont.code),
        ipv4: Some(ipv4.address),
        ipv6: ipv6.map(|network| network.address),
        ..request
    };
    steps::insert_steps(work, &request, &steps::allocated(&request)).await?;
    Ok(Ok(request))
}

async fn save_request(work: &UnitOfWork, request: &Request) -> Result<()> {
    let row = provisioning_request::ActiveModel {
        id: Set(request.id),
        status: Set(request.status),
        ont_id: Set(request.ont_id.clone()),
        ipv4: Set(request.ipv4.clone()),
        ipv6: Set(request.ipv6.clone()),
        updated_at: Set(request.updated_at),
        ..Default::default()
    };
    row.update(&work.transaction().await?).await?;
    Ok(())
}

/// Stores the plan that the attempt applies, if the request changes the plan: if it fails, plans ordered later were not
/// attempted.
async fn note_plan(work: &UnitOfWork, request: Request, plan: PlanId) -> Result<Request> {
    let is_change = matches!(request.kind, RequestType::Upgrade | RequestType::Downgrade);
    if !is_change || request.plan_id == Some(plan) {
        return Ok(request);
    }
    let row = provisioning_request::ActiveModel {
        id: Set(request.id),
        plan_id: Set(Some(plan)),
        ..Default::default()
    };
    row.update(&work.transaction().await?).await?;
    Ok(Request { plan_id: Some(plan), ..request })
}

/// The plan of a request that was started before.
async fn resume(work: &UnitOfWork, request: Request) -> Result<Box<Plan>> {
    let subscription = find(work, &request).await?;
    let plan = match request.kind {
        RequestType::NewInstall => install(work, request, &subscription).await?,
        _ => change(work, request, &subscription).await?,
    };
    as_ordered(work, plan).await.map(Box::new)
}

/// The plan with what its job has ordered from a vendor, if anything: the vendor's result is about that order. Changes
/// of the subscription since then are applied after the end of the request.
async fn as_ordered(work: &UnitOfWork, plan: Plan) -> Result<Plan> {
    let (transaction, request) = (work.transaction().await?, &plan.request);
    let ordered = vendor::ordered_by(&transaction, request.job_id, request.subscription_id).await?;
    let Some((vendor, order)) = ordered else { return Ok(plan) };
    let of = |service: Service| service.ordered(vendor, &order);
    Ok(if plan.request.undoing.is_some() {
        Plan { before: plan.before.map(of), ..plan }
    } else {
        Plan { plan_id: order.plan_id, provisioner: Provisioner::Vendor, after: plan.after.map(of), ..plan }
    })
}

async fn install(work: &UnitOfWork, request: Request, subscription: &subscription::Model) -> Result<Plan> {
    let plan = plan(work, subscription).await?;
    let after = Some(Service::new(&request, subscription, &plan));
    let subscription::Model { plan_id, provisioner, .. } = *subscription;
    Ok(Plan { request, plan_id, provisioner, before: None, after })
}

async fn change(work: &UnitOfWork, request: Request, subscription: &subscription::Model) -> Result<Plan> {
    let transaction = work.transaction().await?;
    let installed = network_service::Entity::find_by_id(subscription.id).one(&transaction).await?;
    let installed = match (installed, request.kind) {
        (Some(installed), _) => installed,
        // Never installed: the request only ends the subscription.
        (None, RequestType::Disconnect) => {
            let subscription::Model { plan_id, provisioner, .. } = *subscription;
            return Ok(Plan { request, plan_id, provisioner, before: None, after: None });
        }
        (None, _) => return Err(Error::NotFound("Service")),
    };
    let provisioner = installed.provisioner;
    let before = Service::installed(installed, Some(request.id));
    let after = match request.kind {
        RequestType::Disconnect => None,
        _ => Some(before.clone().changed(subscription, &plan(work, subscription).await?)),
    };
    Ok(Plan { request, plan_id: subscription.plan_id, provisioner, before: Some(before), after })
}

async fn plan(work: &UnitOfWork, subscription: &subscription::Model) -> Result<entities::plan::Model> {
    let transaction = work.transaction().await?;
    plans::current(&transaction, subscription.organization_id, subscription.plan_id).await
}
