//! Completes many new installations.

use super::{
    super::{Plan, Service, complete::service, event_by, steps},
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
    bulk::{self, SqlType},
    error::Result,
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde::Serialize;
use std::collections::HashMap;

/// A request whose change was verified in the network.
#[derive(Debug, Clone)]
pub struct Ending {
    /// The applied plan.
    pub plan: Plan,
    /// The job.
    pub held: JobLease,
    /// The actor: the job.
    pub actor: Actor,
}

/// Completes the requests that the fast path supports, like [`super::super::complete`], and returns their jobs, which the
/// caller finishes in the same transaction. The others are not changed.
pub async fn complete_each(work: &UnitOfWork, endings: &[Ending]) -> Result<Vec<JobLease>> {
    let installed = endings.iter().filter_map(|ending| Some((ending, installed(&ending.plan)?)));
    let installed: Vec<_> = installed.collect();
    let waiting = claim(work, installed.iter().map(|(ending, _)| *ending)).await?;
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

/// The service of an installation that can activate its subscription.
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

/// Locks the pending subscriptions without changes, their requests, and their customers, which foreign keys lock too.
/// Locked rows are skipped. A job that has lost its lease completes nothing.
async fn claim(
    work: &UnitOfWork,
    endings: impl Iterator<Item = &Ending>,
) -> Result<Vec<subscription::Model>> {
    const FIELDS: &bulk::Fields =
        &[("id", SqlType::Uuid), ("job_id", SqlType::Uuid), ("attempt", SqlType::Int)];
    let row = |ending: &Ending| Row {
        id: ending.plan.request.id,
        job_id: ending.held.id,
        attempt: ending.held.attempt,
    };
    let rows: Vec<_> = endings.map(row).collect();
    let transaction = work.transaction().await?;
    // `status || ''` stops the planner from picking the "open requests" index, which would scan the whole backlog.
    let locking = bulk::locking(
        transaction.get_database_backend(),
        "for no key update of s skip locked for no key update of q skip locked for key share of c skip locked",
    );
    let sql = format!(
        "select s.* from {{rows_by_key}}
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
    let statement = bulk::statement(&transaction, &sql, FIELDS, &rows, [])?;
    Ok(subscription::Model::find_by_statement(statement).all(&transaction).await?)
}

/// An ending with its service, and the activation of its subscription.
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
        work.record([event_by(actor, "provisioning.completed", &ended)?]);
    }
    Ok(())
}

/// Stores the installed services.
async fn services(work: &UnitOfWork, done: &[Done<'_>]) -> Result<()> {
    const FIELDS: &bulk::Fields = &[
        ("subscription_id", SqlType::Uuid),
        ("organization_id", SqlType::Uuid),
        ("customer_id", SqlType::Uuid),
        ("provisioner", SqlType::Text),
        ("vendor_provisioner_id", SqlType::Uuid),
        ("plan_id", SqlType::Uuid),
        ("username", SqlType::Text),
        ("download_mbps", SqlType::Int),
        ("upload_mbps", SqlType::Int),
        ("ipv4", SqlType::Text),
        ("ipv6", SqlType::Text),
        ("ont_id", SqlType::Text),
        ("suspended", SqlType::Bool),
        ("installed_at", SqlType::Time),
        ("removed_at", SqlType::Time),
        ("updated_at", SqlType::Time),
    ];
    let row = |(ending, made, _): &Done<'_>| service(ending.plan.provisioner, made, work.now());
    let rows: Vec<_> = done.iter().map(row).collect();
    let sql = "insert into network_services ({columns}) select {columns} from {rows} where true
      on conflict do nothing";
    let transaction = work.transaction().await?;
    transaction.execute_raw(bulk::statement(&transaction, sql, FIELDS, &rows, [])?).await?;
    Ok(())
}

async fn end(
    work: &UnitOfWork,
    requests: impl Iterator<Item = ProvisioningId>,
    at: DateTime<Utc>,
) -> Result<()> {
    let sql = "update provisioning_requests set status = $2, completed_at = $3, updated_at = $3
      where id {in_ids}";
    let (rows, values) = (bulk::ids(requests.map(|id| id.0)), [RequestStatus::Completed.into(), at.into()]);
    let transaction = work.transaction().await?;
    transaction.execute_raw(bulk::statement(&transaction, sql, bulk::ID, &rows, values)?).await?;
    Ok(())
}
