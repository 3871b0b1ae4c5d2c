//! Starts the first attempts of many new installations.

use super::{
    super::{Plan, Service, event_by, steps},
    Organizations,
};
use crate::{
    addresses::{self, AllocatedAddresses, Owner},
    coverage::{self, Serving},
};
use engine::ledger::JobLease;
use entities::{
    customer::Address,
    ids::{JobId, OltId, OrganizationId, ProvisioningId, SubscriptionId},
    ont,
    provisioning_request::{Model as Request, RequestStatus},
    subscription,
};
use kernel::{UnitOfWork, events::Actor};
use platform::{
    bulk::{self, SqlType},
    error::Result,
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// A job's attempt at a request.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// The request.
    pub request: ProvisioningId,
    /// The job.
    pub held: JobLease,
    /// The actor: the job.
    pub actor: Actor,
}

/// Starts the attempts that the fast path supports, like [`super::super::begin`], and returns their plans. The others are
/// not changed.
pub async fn begin_each(work: &UnitOfWork, attempts: &[Attempt]) -> Result<HashMap<ProvisioningId, Plan>> {
    let actors: HashMap<_, _> = attempts.iter().map(|attempt| (attempt.request, &attempt.actor)).collect();
    let held = claim(work, attempts).await?;
    if held.is_empty() {
        return Ok(HashMap::new());
    }
    let candidates = candidates(work, held, &actors).await?;
    let allocated = allocate(work, candidates).await?;
    let plans = allocated.iter().map(|it| plan(work, it)).collect::<Vec<_>>();
    write(work, &allocated, &plans).await?;
    Ok(plans.into_iter().map(|plan| (plan.request.id, plan)).collect())
}

#[derive(Serialize)]
struct Row {
    id: ProvisioningId,
    organization_id: OrganizationId,
    job_id: JobId,
    attempt: i32,
}

/// A claimed request with its address.
#[derive(FromQueryResult)]
struct ClaimedRequest {
    service_address: Address,
    /// The attempt that claims it.
    held_by: i32,
    #[sea_orm(nested)]
    request: Request,
}

/// Locks the requests that have not started, are still wanted and have no resources, with their customers, which foreign
/// keys lock too. Locked rows are skipped.
async fn claim(work: &UnitOfWork, attempts: &[Attempt]) -> Result<Vec<ClaimedRequest>> {
    const FIELDS: &bulk::Fields = &[
        ("id", SqlType::Uuid),
        ("organization_id", SqlType::Uuid),
        ("job_id", SqlType::Uuid),
        ("attempt", SqlType::Int),
    ];
    let row = |Attempt { request, held, actor }: &Attempt| Row {
        id: *request,
        organization_id: actor.organization,
        job_id: held.id,
        attempt: held.attempt,
    };
    let rows: Vec<_> = attempts.iter().map(row).collect();
    let transaction = work.transaction().await?;
    // `status || ''` and `(…) is true` stop the planner from picking the "open requests" or organization index, which
    // would scan the whole backlog; `order by a.family` makes it pick the owner's index of addresses.
    let locking = bulk::locking(
        transaction.get_database_backend(),
        "for no key update of q skip locked for key share of c skip locked",
    );
    let sql = format!(
        "select q.*, c.service_address, cast(r.attempt as integer) as held_by from {{rows_by_key}}
         join provisioning_requests q on q.id = r.id
         join subscriptions s on s.id = q.subscription_id
         join customers c on c.id = q.customer_id
         where (q.organization_id = r.organization_id) is true
           and q.job_id = r.job_id and q.attempt <= r.attempt and q.type = 'NEW_INSTALL'
           and q.status || '' = 'PENDING' and q.undoing is null and s.status <> 'CANCELLED'
           and (select a.id from ip_allocations a where a.owner_id = s.id and a.released_at is null
             order by a.family limit 1) is null
           and not exists (select 1 from onts o where o.owner_id = s.id)
         order by q.id {locking}"
    );
    let statement = bulk::statement(&transaction, &sql, FIELDS, &rows, [])?;
    Ok(ClaimedRequest::find_by_statement(statement).all(&transaction).await?)
}

/// A request with the OLT that serves it.
struct Candidate<'a> {
    actor: &'a Actor,
    request: Request,
    subscription: subscription::Model,
    speeds: entities::plan::Model,
    serving: Serving,
}

async fn candidates<'a>(
    work: &UnitOfWork,
    held: Vec<ClaimedRequest>,
    actors: &HashMap<ProvisioningId, &'a Actor>,
) -> Result<Vec<Candidate<'a>>> {
    let transaction = work.transaction().await?;
    let subscriptions = subscriptions(&transaction, &held).await?;
    let organizations = held.iter().map(|found| found.request.organization_id);
    let organizations = Organizations::of(&transaction, organizations).await?;
    let places: Vec<_> = held.iter().map(|it| (it.request.organization_id, &it.service_address)).collect();
    let serving = coverage::serving_each(&transaction, &places).await?;
    let candidates = held.into_iter().zip(serving).filter_map(|(found, serving)| {
        let request = Request { attempt: found.held_by, ..found.request };
        let subscription = subscriptions.get(&request.subscription_id)?.clone();
        let speeds = organizations.plan(request.organization_id, subscription.plan_id)?.clone();
        let serving = serving.filter(|serving| serving.plans.offer(&speeds.code))?;
        Some(Candidate { actor: *actors.get(&request.id)?, request, subscription, speeds, serving })
    });
    Ok(candidates.collect())
}

async fn subscriptions(
    db: &impl ConnectionTrait,
    held: &[ClaimedRequest],
) -> Result<HashMap<SubscriptionId, subscription::Model>> {
    let rows = bulk::ids(held.iter().map(|found| found.request.subscription_id.0));
    let sql = "select * from subscriptions where id {in_ids}";
    let statement = bulk::statement(db, sql, bulk::ID, &rows, [])?;
    let found = subscription::Model::find_by_statement(statement).all(db).await?;
    Ok(found.into_iter().map(|row| (row.id, row)).collect())
}

/// A request with its resources.
struct Allocated<'a> {
    candidate: Candidate<'a>,
    addresses: AllocatedAddresses,
    ont: ont::Model,
}

/// Allocates addresses and ONTs. A request that cannot get both gets neither.
async fn allocate<'a>(work: &UnitOfWork, all: Vec<Candidate<'a>>) -> Result<Vec<Allocated<'a>>> {
    let owner = |it: &Candidate<'a>| (it.actor, it.request.subscription_id.0, it.request.customer_id);
    let owners = all.iter().map(|it| {
        let (actor, id, customer) = owner(it);
        Owner { actor, id, customer, region: &it.serving.region }
    });
    let taken = addresses::allocate_many(work, &owners.collect::<Vec<_>>()).await?;
    let with_addresses = all.into_iter().zip(taken).filter_map(|(it, taken)| Some((it, taken?)));
    let with_addresses: Vec<_> = with_addresses.collect();
    let mut onts = onts(work, &with_addresses).await?;
    let (mut allocated, mut left) = (vec![], vec![]);
    for (candidate, addresses) in with_addresses {
        match onts.remove(&candidate.request.subscription_id.0) {
            Some(ont) => allocated.push(Allocated { candidate, addresses, ont }),
            None => left.push(addresses),
        }
    }
    addresses::release_many(work, &left).await?;
    Ok(allocated)
}

/// Allocates an ONT for each, as far as its OLT has any.
async fn onts(
    work: &UnitOfWork,
    all: &[(Candidate<'_>, AllocatedAddresses)],
) -> Result<HashMap<Uuid, ont::Model>> {
    let mut alike = BTreeMap::<(OrganizationId, OltId), Vec<Uuid>>::new();
    for (Candidate { request, serving, .. }, _) in all {
        alike.entry((request.organization_id, serving.olt)).or_default().push(request.subscription_id.0);
    }
    let mut found = HashMap::new();
    for (from, owners) in alike {
        let taken = coverage::take_onts(work, from, &owners).await?;
        found.extend(taken.into_iter().filter_map(|ont| Some((ont.owner_id?, ont))));
    }
    Ok(found)
}

/// The plan, with the updated request.
fn plan(work: &UnitOfWork, Allocated { candidate, addresses, ont }: &Allocated<'_>) -> Plan {
    let request = Request {
        status: RequestStatus::InProgress,
        ont_id: Some(ont.code.clone()),
        ipv4: Some(addresses.ipv4.address.clone()),
        ipv6: addresses.ipv6.as_ref().map(|network| network.address.clone()),
        updated_at: work.now(),
        ..candidate.request.clone()
    };
    let Candidate { subscription, speeds, .. } = candidate;
    let after = Some(Service::new(&request, subscription, speeds));
    let subscription::Model { plan_id, provisioner, .. } = *subscription;
    Plan { request, plan_id, provisioner, before: None, after }
}

async fn write(work: &UnitOfWork, allocated: &[Allocated<'_>], plans: &[Plan]) -> Result<()> {
    if plans.is_empty() {
        return Ok(());
    }
    for (Allocated { candidate, .. }, plan) in allocated.iter().zip(plans) {
        let begun = Request { ont_id: None, ipv4: None, ipv6: None, ..plan.request.clone() };
        work.record([event_by(candidate.actor, "provisioning.started", &begun)?]);
    }
    let taken: Vec<_> = allocated.iter().map(|it| (it.candidate.actor, &it.addresses)).collect();
    addresses::insert_allocations(work, &taken).await?;
    for Allocated { candidate, ont, .. } in allocated {
        coverage::tell_taken(work, candidate.actor, ont).await?;
    }
    let requests: Vec<_> = plans.iter().map(|plan| &plan.request).collect();
    steps::insert_allocated_steps(work, &requests).await?;
    save_requests(work, &requests).await
}

async fn save_requests(work: &UnitOfWork, requests: &[&Request]) -> Result<()> {
    const FIELDS: &bulk::Fields = &[
        ("id", SqlType::Uuid),
        ("attempt", SqlType::Int),
        ("status", SqlType::Text),
        ("ont_id", SqlType::Text),
        ("ipv4", SqlType::Text),
        ("ipv6", SqlType::Text),
        ("updated_at", SqlType::Time),
    ];
    #[derive(Serialize)]
    struct Row<'a> {
        #[serde(flatten)]
        request: &'a Request,
        attempt: i32,
    }
    let rows: Vec<_> = requests.iter().map(|request| Row { request, attempt: request.attempt }).collect();
    let sql = "update provisioning_requests set attempt = r.attempt, status = r.status, ont_id = r.ont_id,
        ipv4 = r.ipv4, ipv6 = r.ipv6, updated_at = r.updated_at
      from {rows_by_key} where provisioning_requests.id = r.id";
    let transaction = work.transaction().await?;
    transaction.execute_raw(bulk::statement(&transaction, sql, FIELDS, &rows, [])?).await?;
    Ok(())
}
