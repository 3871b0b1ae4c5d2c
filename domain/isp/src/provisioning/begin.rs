//! How an attempt at a request begins: the request is held, and what the service needs is taken.

use super::{Service, back, steps, told, vendor};
use crate::{
    addresses::{self, Reserved, Wanted},
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

/// What an attempt is to do.
#[derive(Debug)]
pub enum Begun {
    /// Nothing: the request has ended, or another job has it.
    Over,
    /// Nothing more: it cannot be done, and has failed.
    Failed,
    /// Make the network as it is to be afterwards, then [`super::complete`].
    Forward(Box<Plan>),
    /// Make the network as it was before, then [`super::undone`].
    Back(Box<Plan>),
}

/// What the network is to do before a request, and after it.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The request.
    pub request: Request,
    /// The subscription's plan when the attempt began.
    pub plan_id: PlanId,
    /// What makes the network do it.
    pub provisioner: Provisioner,
    /// Before; none: nothing.
    pub before: Option<Service>,
    /// Afterwards; none: nothing.
    pub after: Option<Service>,
}

/// Begins an attempt of a job at a request: holds it against attempts that have lost their lease, and, the first
/// time, reserves what the service needs and records `provisioning.started`. What there is not enough of fails the
/// request at once, which keeps nothing then.
pub async fn begin(work: &UnitOfWork, id: ProvisioningId, job: JobId, attempt: i32) -> Result<Begun> {
    let Some(request) = hold(work, id, job, attempt).await? else { return Ok(Begun::Over) };
    let fresh = request.status == RequestStatus::Pending;
    if fresh && request.undoing.is_none() {
        return first(work, request).await;
    }
    let mut plan = again(work, request).await?;
    if plan.request.undoing.is_none() {
        // What was ordered from a vendor stays what was tried, whatever has become of the order.
        let tried = plan.request.plan_id.filter(|_| plan.provisioner == Provisioner::Vendor);
        plan.request = note_plan(work, plan.request.clone(), tried.unwrap_or(plan.plan_id)).await?;
    }
    Ok(if plan.request.undoing.is_some() { Begun::Back(plan) } else { Begun::Forward(plan) })
}

/// The open request, locked; none when it has ended, another job has it, or a later attempt.
async fn hold(work: &UnitOfWork, id: ProvisioningId, job: JobId, attempt: i32) -> Result<Option<Request>> {
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

async fn first(work: &UnitOfWork, request: Request) -> Result<Begun> {
    let request = Request { status: RequestStatus::InProgress, updated_at: work.now(), ..request };
    work.record([told(work, "provisioning.started", &request)?]);
    match prepare(work, request.clone()).await? {
        Ok(plan) => Ok(Begun::Forward(Box::new(plan))),
        Err(why) => {
            steps::lay_out(work, &request, &[]).await?;
            back::fail(work, request, &why).await?;
            Ok(Begun::Failed)
        }
    }
}

/// Takes what the request needs, and lays out its steps; the reason when it cannot be had.
async fn prepare(work: &UnitOfWork, request: Request) -> Result<Result<Plan, String>> {
    let subscription = find(work, &request).await?;
    if subscription.status == SubscriptionStatus::Cancelled && request.kind != RequestType::Disconnect {
        return Ok(Err("the subscription was cancelled".into()));
    }
    if request.kind != RequestType::NewInstall {
        steps::lay_out(work, &request, &[]).await?;
        keep(work, &request).await?;
        let plan = change(work, request, &subscription).await?;
        let request = note_plan(work, plan.request, plan.plan_id).await?;
        return Ok(Ok(Plan { request, ..plan }));
    }
    let request = match take(work, request).await? {
        Ok(request) => request,
        Err(why) => return Ok(Err(why)),
    };
    keep(work, &request).await?;
    install(work, request, &subscription).await.map(Ok)
}

async fn find(work: &UnitOfWork, request: &Request) -> Result<subscription::Model> {
    let transaction = work.transaction().await?;
    subscriptions::find(&transaction, request.organization_id, request.subscription_id).await
}

/// Reserves addresses and a box for the subscription.
async fn take(work: &UnitOfWork, request: Request) -> Result<Result<Request, String>> {
    let transaction = work.transaction().await?;
    let customer = customer::Entity::one_of(request.organization_id, request.customer_id);
    let customer = customer.one(&transaction).await?.ok_or(Error::NotFound("Customer"))?;
    let address = &customer.service_address;
    let Some(serving) = coverage::serving(&transaction, request.organization_id, address).await? else {
        return Ok(Err(format!("{} {} is outside of the coverage", address.city, address.zip)));
    };
    let owner = request.subscription_id.0;
    let wanted = [Family::V4, Family::V6].map(|family| Wanted {
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
    steps::lay_out(work, &request, &steps::supplied(&request)).await?;
    Ok(Ok(request))
}

/// Keeps what has become of the request.
async fn keep(work: &UnitOfWork, request: &Request) -> Result<()> {
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

/// Keeps which plan the attempt is to bring, of a request that changes the plan: what was ordered later was not tried
/// when it fails.
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

/// The plan of a request that was begun before.
async fn again(work: &UnitOfWork, request: Request) -> Result<Box<Plan>> {
    let subscription = find(work, &request).await?;
    let plan = match request.kind {
        RequestType::NewInstall => install(work, request, &subscription).await?,
        _ => change(work, request, &subscription).await?,
    };
    as_ordered(work, plan).await.map(Box::new)
}

/// The plan with what its job has ordered from a vendor, if anything: the vendor's answer is the answer to that, whatever
/// has become of the subscription since. That is followed once the request has ended.
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
        // It was never installed here: the request just ends it.
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
