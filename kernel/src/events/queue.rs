//! Events that are to go out: put here in the transaction of the change, taken by the fan-out.

use crate::{
    error::Result,
    jobs::WebhookFanout,
    ledger::{self, Inserted, NewJob, Tickets},
    rows::{self, Type},
    transport::Priority,
};
use chrono::{DateTime, Utc};
use entities::{event, ids::OrganizationId};
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult};
use std::collections::{BTreeMap, BTreeSet};

/// The columns of an event.
const FIELDS: &rows::Fields = &[
    ("id", Type::Uuid),
    ("organization_id", Type::Uuid),
    ("type", Type::Text),
    ("resource", Type::Text),
    ("resource_id", Type::Uuid),
    ("payload", Type::Json),
    ("actor", Type::Text),
    ("request_id", Type::Text),
    ("changes", Type::Json),
    ("address", Type::Text),
    ("operation", Type::Text),
    ("priority", Type::Int),
    ("created_at", Type::Time),
];

#[derive(FromQueryResult)]
struct Queued {
    organization_id: OrganizationId,
}

/// Inserts the events, queues those of organizations that have endpoints, and enqueues a job for each such
/// organization. A job a transaction, since one that is already there may have looked before this transaction is
/// seen; a job that comes too late finds nothing, and costs little.
///
/// PostgreSQL does it in one statement, which needs no transaction of its own.
pub(super) async fn insert(
    db: &impl ConnectionTrait,
    events: &[event::Model],
    now: DateTime<Utc>,
) -> Result<Tickets> {
    let mut jobs = jobs(events)?;
    let tickets = ledger::prepare(&mut jobs, now);
    let inserted = match db.get_database_backend() {
        DbBackend::Postgres => at_once(db, events, &jobs).await?,
        _ => one_by_one(db, events, &jobs).await?,
    };
    Ok(ledger::enqueued(&jobs, tickets, inserted).tickets)
}

/// A job for each organization, as urgent as its most urgent event.
fn jobs(events: &[event::Model]) -> Result<Vec<NewJob>> {
    let mut first = BTreeMap::<OrganizationId, &event::Model>::new();
    for event in events {
        let most = first.entry(event.organization_id).or_insert(event);
        if event.priority < most.priority {
            *most = event;
        }
    }
    let job = |(organization, event): (OrganizationId, &event::Model)| {
        let job = NewJob::new(Some(organization), &WebhookFanout {})?;
        Ok(job.priority(job_priority(event.priority)).request_id(event.request_id.clone()))
    };
    first.into_iter().map(job).collect()
}

const EVENTS: &str = "insert into events ({columns}) select {columns} from {rows}";

const QUEUE: &str = "insert into event_queue (event_id, organization_id, priority)
  select r.id, r.organization_id, r.priority from {rows}
  where exists (select 1 from endpoints e where e.organization_id = r.organization_id
    and e.deleted_at is null and e.status <> 'disabled')
  returning organization_id";

async fn at_once(
    db: &impl ConnectionTrait,
    events: &[event::Model],
    jobs: &[NewJob],
) -> Result<Vec<Inserted>> {
    let backend = db.get_database_backend();
    let waiting = rows::table_at(backend, ledger::FIELDS, 2, "j");
    let columns: Vec<_> = ledger::FIELDS.iter().map(|(name, _)| *name).collect();
    let columns = columns.join(", ");
    let sql = format!(
        "with events_in as ({EVENTS}), queued as ({QUEUE})
         insert into jobs ({columns}) select {columns} from {waiting}
         where organization_id in (select organization_id from queued)
         on conflict do nothing returning id"
    );
    let statement = rows::statement(db, &sql, FIELDS, &events, [rows::json(&jobs)?])?;
    Ok(Inserted::find_by_statement(statement).all(db).await?)
}

async fn one_by_one(
    db: &impl ConnectionTrait,
    events: &[event::Model],
    jobs: &[NewJob],
) -> Result<Vec<Inserted>> {
    db.execute_raw(rows::statement(db, EVENTS, FIELDS, &events, [])?).await?;
    let queued = Queued::find_by_statement(rows::statement(db, QUEUE, FIELDS, &events, [])?).all(db).await?;
    let queued: BTreeSet<_> = queued.into_iter().map(|row| row.organization_id).collect();
    let wanted: Vec<_> =
        jobs.iter().filter(|job| job.organization().is_some_and(|it| queued.contains(&it))).collect();
    if wanted.is_empty() {
        return Ok(vec![]);
    }
    let sql = "insert into jobs ({columns}) select {columns} from {rows} where true
      on conflict do nothing returning id";
    let statement = rows::statement(db, sql, ledger::FIELDS, &wanted, [])?;
    Ok(Inserted::find_by_statement(statement).all(db).await?)
}

const fn job_priority(urgency: i16) -> Priority {
    match urgency {
        ..=1 => Priority::High,
        2 => Priority::Normal,
        3.. => Priority::Low,
    }
}
