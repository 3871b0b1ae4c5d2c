//! How many new installations end well.

use super::{
    super::{Plan, Service, complete::service, steps, told_by},
    Organizations,
};
use crate::{
    addresses,
    subscriptions::{self, Beginning, Terms},
};
use chrono::{DateTime, Utc};
use engine::ledger::JobLease;
use entities::{
    ids::{JobId, ProvisioningId},
    provisioning_request::{Model as Request, RequestStatus, RequestType},
    provisioning_step::StepState,
    subscription,
};
use kernel::{UnitOfWork, events::Actor};
use platform::{
    error::Result,
    rows::{self, Type},
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde::Serialize;
use std::collections::HashMap;

/// A request whose change the network was seen to have made.
#[derive(Debug, Clone)]
pub struct Ending {
    /// What was done.
    pub plan: Plan,
    /// The job that did it.
    pub held: JobLease,
    /// The job, as whoever makes the changes.
    pub actor: Actor,
}

/// Ends those of the requests that are the usual case, as [`super::super::complete`] does; the jobs that did them,
/// which the caller ends in the same transaction. Of the others nothing is changed.
pub async fn complete_each(work: &UnitOfWork, endings: &[Ending]) -> Result<Vec<JobLease>> {
    let installed = endings.iter().filter_map(|ending| Some((ending, installed(&ending.plan)?)));
    let installed: Vec<_> = installed.collect();
    let waiting = hold(work, installed.iter().map(|(ending, _)| *ending)).await?;
    let organizations = waiting.iter().map(|row| row.organization_id);
    let organizations = Organizations::of(&work.transaction().await?, organizations).await?;
    let mut waiting: HashMap<_, _> = waiting.into_iter().map(|row| (row.id, row)).collect();
    let mut done = vec![];
    for (ending, made) in installed {
        let usual = |row: &subscription::Model| {
            row.plan_id == ending.plan.plan_id && !subscriptions::begins_later(row, work.now())
        };
        let Some(row) = waiting.remove(&made.subscription).filter(usual) else {
            continue;
        };
        let organization = row.organization_id;
        let (plan, terms) =
            (organizations.plan(organization, row.plan_id), organizations.terms(organization));
        let (Some(plan), Some(terms)) = (plan, terms) else { continue };
        if let Ok(beginning) = subscriptions::beginning(row, plan, work.now()) {
            done.push((ending, made, (&ending.actor, terms, beginning)));
        }
    }
    if !done.is_empty() {
        write(work, &done).await?;
    }
    Ok(done.iter().map(|(ending, ..)| ending.held).collect())
}

/// What was made, of an installation that the subscription can begin with.
fn installed(plan: &Plan) -> Option<&Service> {
    let made = plan.after.as_ref()?;
    (plan.request.kind == RequestType::NewInstall && !made.suspended).then_some(made)
}

#[derive(Serialize)]
struct Row {
    id: ProvisioningId,
    job_id: JobId,
    attempt: i32,
}

/// Their subscriptions: those that wait for their beginning, to which nothing was done yet. They and the requests are
/// locked, and so are their customers, which references lock: one that somebody is changing is not waited for. A job that has lost its lease ends nothing.
async fn hold(work: &UnitOfWork, endings: impl Iterator<Item = &Ending>) -> Result<Vec<subscription::Model>> {
    const FIELDS: &rows::Fields = &[("id", Type::Uuid), ("job_id", Type::Uuid), ("attempt", Type::Int)];
    let row = |ending: &Ending| Row {
        id: ending.plan.request.id,
        job_id: ending.held.id,
        attempt: ending.held.attempt,
    };
    let rows: Vec<_> = endings.map(row).collect();
    let transaction = work.transaction().await?;
    // A status that is computed leads past the index of those under way, to which all of a backlog belong.
    let locking = rows::locking(
        transaction.get_database_backend(),
        "for no key update of s skip locked for no key update of q skip locked for key share of c skip locked",
    );
    let sql = format!(
        "select s.* from {{each}}
         join provisioning_requests q on q.id = r.id and q.job_id = r.job_id
         join jobs j on j.id = r.job_id
         join subscriptions s on s.id = q.subscription_id
         join customers c on c.id = q.customer_id
         where q.attempt = r.attempt and q.status || '' = 'IN_PROGRESS' and q.undoing is null
           and j.attempt = r.attempt and j.state = 'running'
           and s.status = 'PENDING' and s.started_at is null
           and not exists (select 1 from subscription_changes h where h.subscription_id = s.id)
         order by s.id {locking}"
    );
    let statement = rows::statement(&transaction, &sql, FIELDS, &rows, [])?;
    Ok(subscription::Model::find_by_statement(statement).all(&transaction).await?)
}

/// An ending with what was made, and the subscription that begins with it.
type Done<'a> = (&'a Ending, &'a Service, (&'a Actor, &'a Terms, Beginning));

async fn write(work: &UnitOfWork, done: &[Done<'_>]) -> Result<()> {
    let owners = done.iter().map(|(ending, made, _)| (made.subscription.0, &ending.actor)).collect();
    addresses::activate_each(work, &owners).await?;
    let beginnings: Vec<_> = done.iter().map(|(_, _, beginning)| beginning.clone()).collect();
    subscriptions::activate_each(work, &beginnings).await?;
    services(work, done).await?;
    let ids = || done.iter().map(|(ending, ..)| ending.plan.request.id);
    steps::set_each(work, ids(), StepState::Pending, StepState::Done).await?;
    let (status, at) = (RequestStatus::Completed, work.now());
    end(work, ids(), at).await?;
    for (Ending { plan, actor, .. }, ..) in done {
        let ended = Request { status, completed_at: Some(at), updated_at: at, ..plan.request.clone() };
        work.record([told_by(actor, "provisioning.completed", &ended)?]);
    }
    Ok(())
}

/// Keeps what the network does now.
async fn services(work: &UnitOfWork, done: &[Done<'_>]) -> Result<()> {
    const FIELDS: &rows::Fields = &[
        ("subscription_id", Type::Uuid),
        ("organization_id", Type::Uuid),
        ("customer_id", Type::Uuid),
        ("provisioner", Type::Text),
        ("vendor_provisioner_id", Type::Uuid),
        ("plan_id", Type::Uuid),
        ("username", Type::Text),
        ("download_mbps", Type::Int),
        ("upload_mbps", Type::Int),
        ("ipv4", Type::Text),
        ("ipv6", Type::Text),
        ("ont_id", Type::Text),
        ("suspended", Type::Bool),
        ("installed_at", Type::Time),
        ("removed_at", Type::Time),
        ("updated_at", Type::Time),
    ];
    let row = |(ending, made, _): &Done<'_>| service(ending.plan.provisioner, made, work.now());
    let rows: Vec<_> = done.iter().map(row).collect();
    let sql = "insert into network_services ({columns}) select {columns} from {rows} where true
      on conflict do nothing";
    let transaction = work.transaction().await?;
    transaction.execute_raw(rows::statement(&transaction, sql, FIELDS, &rows, [])?).await?;
    Ok(())
}

async fn end(
    work: &UnitOfWork,
    requests: impl Iterator<Item = ProvisioningId>,
    at: DateTime<Utc>,
) -> Result<()> {
    let sql = "update provisioning_requests set status = $2, completed_at = $3, updated_at = $3
      where id {among}";
    let (rows, values) = (rows::ids(requests.map(|id| id.0)), [RequestStatus::Completed.into(), at.into()]);
    let transaction = work.transaction().await?;
    transaction.execute_raw(rows::statement(&transaction, sql, rows::ID, &rows, values)?).await?;
    Ok(())
}
