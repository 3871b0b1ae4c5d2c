//! The queue of events to fan out: filled in the transaction of the change, drained by the organization's fan-out job,
//! of which at most one is open.

use super::{FIELDS, insert_pg};
use crate::events::WebhookFanout;
use chrono::{DateTime, Utc};
use engine::{
    ledger::{self, NewJob, PendingPush},
    transport::{Priority, Wakeup},
};
use entities::{
    event,
    ids::{JobId, OrganizationId},
};
use platform::{
    bulk,
    db::{GenericPlanConnection, GenericPlanStatement},
    error::Result,
};
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, Statement};
use std::collections::{BTreeMap, BTreeSet};

/// The first key of the PostgreSQL advisory locks of [`try_close`]; the second is a hash of the organization's id. A
/// collision only causes waiting.
const LOCK: i32 = 0x65_76_74_71;

/// An organization with queued events.
#[derive(FromQueryResult)]
struct Queued {
    organization_id: OrganizationId,
    /// The job enqueued for it; `None` if one is open.
    job_id: Option<JobId>,
}

/// Inserts the events, queues those of organizations with endpoints, and makes sure that each of these has its fan-out
/// job. An open job is notified, and checks the queue again before it ends: see [`try_close`].
///
/// With PostgreSQL this is one statement, which needs no transaction.
pub(super) async fn insert(
    db: &impl GenericPlanConnection,
    events: &[event::Model],
    now: DateTime<Utc>,
) -> Result<PendingPush> {
    let mut jobs = jobs(events)?;
    let pushes = ledger::prepare(&mut jobs, now);
    let queued = match db.backend() {
        DbBackend::Postgres => at_once(db, events, &jobs).await?,
        _ => one_by_one(db, events, &jobs).await?,
    };
    let new: Vec<_> = queued.iter().filter_map(|row| row.job_id).collect();
    let told = queued.iter().filter(|row| row.job_id.is_none()).map(|row| self::queued(row.organization_id));
    let pushes: PendingPush = pushes.into_iter().filter(|ticket| new.contains(&ticket.id)).collect();
    Ok(pushes.wakeup(told))
}

/// The topic of wake-ups for events that wait for their fan-out.
pub const QUEUED: &str = "queued";

/// The wake-up for the organization's fan-out.
pub fn queued(organization: OrganizationId) -> Wakeup {
    Wakeup { topic: QUEUED.into(), about: organization.to_string() }
}

/// Inserts the events without queueing them: the caller delivers them itself.
pub(super) async fn insert_only(db: &impl ConnectionTrait, events: &[&event::Model]) -> Result<()> {
    db.execute_raw(bulk::statement(db, EVENTS, FIELDS, &events, [])?).await?;
    Ok(())
}

/// The fan-out job of an organization, of which at most one is open.
pub fn fan_out_job(organization: OrganizationId) -> Result<NewJob> {
    Ok(NewJob::new(Some(organization), &WebhookFanout {})?.unique(&organization.to_string()))
}

/// A job per organization, with the priority of its most urgent event.
fn jobs(events: &[event::Model]) -> Result<Vec<NewJob>> {
    let mut first = BTreeMap::<OrganizationId, &event::Model>::new();
    for event in events {
        let most = first.entry(event.organization_id).or_insert(event);
        if event.priority < most.priority {
            *most = event;
        }
    }
    let job = |(organization, event): (OrganizationId, &event::Model)| {
        let job = fan_out_job(organization)?;
        Ok(job.priority(job_priority(event.priority)).request_id(event.request_id.clone()))
    };
    first.into_iter().map(job).collect()
}

const EVENTS: &str = "insert into events ({columns}) select {columns} from {rows}";

/// SQL: whether the organization has an endpoint, in a form that uses the index.
const WANTED: &str = "(select true from endpoints e where e.organization_id = r.organization_id
    and e.deleted_at is null and e.status <> 'disabled' limit 1)";

/// The lock is taken before it is looked whether a job is open.
async fn at_once(
    db: &impl GenericPlanConnection,
    events: &[event::Model],
    jobs: &[NewJob],
) -> Result<Vec<Queued>> {
    let backend = db.backend();
    let jobs_in = bulk::by_key_table_at(backend, ledger::FIELDS, 1, "r");
    let columns = bulk::names(ledger::FIELDS);
    let events_in = insert_pg::statement(2);
    let sql = format!(
        "with events_in as ({events_in} returning id, organization_id, priority),
         wanting as materialized (select * from {jobs_in} where {WANTED}),
         queued as (
           insert into event_queue (event_id, organization_id, priority)
           select id, organization_id, priority from events_in
           where organization_id in (select organization_id from wanting)),
         locked as materialized (
           select organization_id, pg_advisory_xact_lock_shared({LOCK}, hashtext(organization_id::text))
           from wanting),
         enqueued as (
           insert into jobs ({columns}) select {columns} from wanting
           where organization_id in (select organization_id from locked)
           on conflict do nothing returning id, organization_id)
         select l.organization_id, e.id as job_id
         from locked l left join enqueued e on e.organization_id = l.organization_id"
    );
    let values = std::iter::once(bulk::json(&jobs)?).chain(insert_pg::values(events)?);
    Ok(db.find(GenericPlanStatement::new(backend, sql, values)).await?)
}

async fn one_by_one(
    db: &impl GenericPlanConnection,
    events: &[event::Model],
    jobs: &[NewJob],
) -> Result<Vec<Queued>> {
    db.rows(bulk::generic_plan_statement(db.backend(), EVENTS, FIELDS, &events, [])?).await?;
    let queue = format!(
        "insert into event_queue (event_id, organization_id, priority)
         select r.id, r.organization_id, r.priority from {{rows}} where {WANTED} returning organization_id"
    );
    let rows = db.rows(bulk::generic_plan_statement(db.backend(), &queue, FIELDS, &events, [])?).await?;
    let queued = rows.iter().map(|row| row.try_get("", "organization_id"));
    let queued: BTreeSet<OrganizationId> = queued.collect::<Result<_, _>>()?;
    let is_queued = |job: &&NewJob| job.organization().is_some_and(|it| queued.contains(&it));
    let wanted: Vec<_> = jobs.iter().filter(is_queued).collect();
    let new = ledger::insert(db, &wanted).await?;
    let job = |organization| wanted.iter().find(|job| job.organization() == Some(organization));
    let job_id = |organization| job(organization).map(|job| job.id).filter(|id| new.contains(id));
    let queued = queued.iter().map(|id| Queued { organization_id: *id, job_id: job_id(*id) });
    Ok(queued.collect())
}

/// Whether the organization's fan-out job may end within this transaction: its queue is empty, and no other transaction
/// has seen the job open without having committed its events. Both sides hold a lock until their commit, exclusive here
/// and shared when queueing; if it is taken, the job must check again. SQLite has one writing transaction at a time.
pub async fn try_close(transaction: &impl ConnectionTrait, organization: OrganizationId) -> Result<bool> {
    let backend = transaction.get_database_backend();
    if backend == DbBackend::Postgres {
        let sql = format!("select pg_try_advisory_xact_lock({LOCK}, hashtext($1::text)) as is_free");
        let statement = Statement::from_sql_and_values(backend, sql, [organization.into()]);
        let row = transaction.query_one_raw(statement).await?;
        if !row.map(|row| row.try_get("", "is_free")).transpose()?.unwrap_or(false) {
            return Ok(false);
        }
    }
    let sql = "select 1 from event_queue where organization_id = $1 limit 1";
    let statement = Statement::from_sql_and_values(backend, sql, [organization.into()]);
    Ok(transaction.query_one_raw(statement).await?.is_none())
}

const fn job_priority(urgency: i16) -> Priority {
    match urgency {
        ..=1 => Priority::High,
        2 => Priority::Normal,
        3.. => Priority::Low,
    }
}
