//! How the first attempts at many new installations begin.

use super::{
    super::{Plan, Service, steps, told_by},
    Organizations,
};
use crate::{
    addresses::{self, Owner, Taken},
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
    error::Result,
    rows::{self, Type},
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// An attempt of a job at a request.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// Which request.
    pub request: ProvisioningId,
    /// The job.
    pub held: JobLease,
    /// The job, as whoever makes the changes.
    pub actor: Actor,
}

/// Begins those of the attempts that are the usual case, as [`super::super::begin`] does; what is to be done for
/// them. Of the others nothing is changed.
pub async fn begin_each(work: &UnitOfWork, attempts: &[Attempt]) -> Result<HashMap<ProvisioningId, Plan>> {
    let actors: HashMap<_, _> = attempts.iter().map(|attempt| (attempt.request, &attempt.actor)).collect();
    let held = hold(work, attempts).await?;
    if held.is_empty() {
        return Ok(HashMap::new());
    }
    let wanting = wanting(work, held, &actors).await?;
    let supplied = supply(work, wanting).await?;
    let plans = supplied.iter().map(|it| plan(work, it)).collect::<Vec<_>>();
    write(work, &supplied, &plans).await?;
    Ok(plans.into_iter().map(|plan| (plan.request.id, plan)).collect())
}

#[derive(Serialize)]
struct Row {
    id: ProvisioningId,
    organization_id: OrganizationId,
    job_id: JobId,
    attempt: i32,
}

/// A request that is held, with what decides what it gets.
#[derive(FromQueryResult)]
struct Found {
    service_address: Address,
    /// That of the job which holds it.
    held_by: i32,
    #[sea_orm(nested)]
    request: Request,
}

/// Those that nobody has begun to work on, that are still wanted, and that have been given nothing yet; locked, with
/// their customers, which references lock: one that somebody is changing is not waited for.
async fn hold(work: &UnitOfWork, attempts: &[Attempt]) -> Result<Vec<Found>> {
    const FIELDS: &rows::Fields = &[
        ("id", Type::Uuid),
        ("organization_id", Type::Uuid),
        ("job_id", Type::Uuid),
        ("attempt", Type::Int),
    ];
    let row = |Attempt { request, held, actor }: &Attempt| Row {
        id: *request,
        organization_id: actor.organization,
        job_id: held.id,
        attempt: held.attempt,
    };
    let rows: Vec<_> = attempts.iter().map(row).collect();
    let transaction = work.transaction().await?;
    // What is computed leads past indexes: that of those under way, to which all of a backlog belong, and those of an
    // organization. Asked for in the order of one index, addresses are not looked for in another that has nothing else
    // but such rows.
    let locking = rows::locking(
        transaction.get_database_backend(),
        "for no key update of q skip locked for key share of c skip locked",
    );
    let sql = format!(
        "select q.*, c.service_address, cast(r.attempt as integer) as held_by from {{each}}
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
    let statement = rows::statement(&transaction, &sql, FIELDS, &rows, [])?;
    Ok(Found::find_by_statement(statement).all(&transaction).await?)
}

/// A request of which is known where it is served.
struct Wanting<'a> {
    actor: &'a Actor,
    request: Request,
    subscription: subscription::Model,
    speeds: entities::plan::Model,
    serving: Serving,
}

async fn wanting<'a>(
    work: &UnitOfWork,
    held: Vec<Found>,
    actors: &HashMap<ProvisioningId, &'a Actor>,
) -> Result<Vec<Wanting<'a>>> {
    let transaction = work.transaction().await?;
    let subscriptions = subscriptions(&transaction, &held).await?;
    let organizations = held.iter().map(|found| found.request.organization_id);
    let organizations = Organizations::of(&transaction, organizations).await?;
    let places: Vec<_> = held.iter().map(|it| (it.request.organization_id, &it.service_address)).collect();
    let serving = coverage::serving_each(&transaction, &places).await?;
    let wanting = held.into_iter().zip(serving).filter_map(|(found, serving)| {
        let request = Request { attempt: found.held_by, ..found.request };
        let subscription = subscriptions.get(&request.subscription_id)?.clone();
        let speeds = organizations.plan(request.organization_id, subscription.plan_id)?.clone();
        Some(Wanting { actor: *actors.get(&request.id)?, request, subscription, speeds, serving: serving? })
    });
    Ok(wanting.collect())
}

async fn subscriptions(
    db: &impl ConnectionTrait,
    held: &[Found],
) -> Result<HashMap<SubscriptionId, subscription::Model>> {
    let rows = rows::ids(held.iter().map(|found| found.request.subscription_id.0));
    let sql = "select * from subscriptions where id {among}";
    let statement = rows::statement(db, sql, rows::ID, &rows, [])?;
    let found = subscription::Model::find_by_statement(statement).all(db).await?;
    Ok(found.into_iter().map(|row| (row.id, row)).collect())
}

/// A request that has got all that it needs.
struct Supplied<'a> {
    wanting: Wanting<'a>,
    addresses: Taken,
    ont: ont::Model,
}

/// Takes addresses and boxes. Who cannot have both keeps neither.
async fn supply<'a>(work: &UnitOfWork, all: Vec<Wanting<'a>>) -> Result<Vec<Supplied<'a>>> {
    let owner = |it: &Wanting<'a>| (it.actor, it.request.subscription_id.0, it.request.customer_id);
    let owners = all.iter().map(|it| {
        let (actor, id, customer) = owner(it);
        Owner { actor, id, customer, region: &it.serving.region }
    });
    let taken = addresses::take_each(work, &owners.collect::<Vec<_>>()).await?;
    let with_addresses = all.into_iter().zip(taken).filter_map(|(it, taken)| Some((it, taken?)));
    let with_addresses: Vec<_> = with_addresses.collect();
    let mut onts = onts(work, &with_addresses).await?;
    let (mut supplied, mut left) = (vec![], vec![]);
    for (wanting, addresses) in with_addresses {
        match onts.remove(&wanting.request.subscription_id.0) {
            Some(ont) => supplied.push(Supplied { wanting, addresses, ont }),
            None => left.push(addresses),
        }
    }
    addresses::put_back(work, &left).await?;
    Ok(supplied)
}

/// Takes a box for each, as far as its OLT has any.
async fn onts(work: &UnitOfWork, all: &[(Wanting<'_>, Taken)]) -> Result<HashMap<Uuid, ont::Model>> {
    let mut alike = BTreeMap::<(OrganizationId, OltId), Vec<Uuid>>::new();
    for (Wanting { request, serving, .. }, _) in all {
        alike.entry((request.organization_id, serving.olt)).or_default().push(request.subscription_id.0);
    }
    let mut found = HashMap::new();
    for (from, owners) in alike {
        let taken = coverage::take_onts(work, from, &owners).await?;
        found.extend(taken.into_iter().filter_map(|ont| Some((ont.owner_id?, ont))));
    }
    Ok(found)
}

/// What is to be done, with the request as it now is.
fn plan(work: &UnitOfWork, Supplied { wanting, addresses, ont }: &Supplied<'_>) -> Plan {
    let request = Request {
        status: RequestStatus::InProgress,
        ont_id: Some(ont.code.clone()),
        ipv4: Some(addresses.ipv4.address.clone()),
        ipv6: addresses.ipv6.as_ref().map(|network| network.address.clone()),
        updated_at: work.now(),
        ..wanting.request.clone()
    };
    let Wanting { subscription, speeds, .. } = wanting;
    let after = Some(Service::new(&request, subscription, speeds));
    let subscription::Model { plan_id, provisioner, .. } = *subscription;
    Plan { request, plan_id, provisioner, before: None, after }
}

async fn write(work: &UnitOfWork, supplied: &[Supplied<'_>], plans: &[Plan]) -> Result<()> {
    if plans.is_empty() {
        return Ok(());
    }
    for (Supplied { wanting, .. }, plan) in supplied.iter().zip(plans) {
        let begun = Request { ont_id: None, ipv4: None, ipv6: None, ..plan.request.clone() };
        work.record([told_by(wanting.actor, "provisioning.started", &begun)?]);
    }
    let taken: Vec<_> = supplied.iter().map(|it| (it.wanting.actor, &it.addresses)).collect();
    addresses::reserve_taken(work, &taken).await?;
    for Supplied { wanting, ont, .. } in supplied {
        coverage::tell_taken(work, wanting.actor, ont).await?;
    }
    let requests: Vec<_> = plans.iter().map(|plan| &plan.request).collect();
    steps::lay_out_supplied(work, &requests).await?;
    keep(work, &requests).await
}

/// Keeps what has become of the requests.
async fn keep(work: &UnitOfWork, requests: &[&Request]) -> Result<()> {
    const FIELDS: &rows::Fields = &[
        ("id", Type::Uuid),
        ("attempt", Type::Int),
        ("status", Type::Text),
        ("ont_id", Type::Text),
        ("ipv4", Type::Text),
        ("ipv6", Type::Text),
        ("updated_at", Type::Time),
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
      from {each} where provisioning_requests.id = r.id";
    let transaction = work.transaction().await?;
    transaction.execute_raw(rows::statement(&transaction, sql, FIELDS, &rows, [])?).await?;
    Ok(())
}
