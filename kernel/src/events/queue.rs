//! Events that are to go out: put here in the transaction of the change, taken by the fan-out.

use crate::{
    error::Result,
    jobs::WebhookFanout,
    ledger::{self, NewJob, Tickets},
    rows::{self, Type},
    transport::Priority,
};
use entities::{
    event,
    ids::{EventId, OrganizationId},
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
struct Row {
    event_id: EventId,
    organization_id: OrganizationId,
    priority: i16,
}

#[derive(FromQueryResult)]
struct Queued {
    organization_id: OrganizationId,
    priority: i16,
}

/// Queues the events of organizations that have endpoints, with a job for each such organization. A job a
/// transaction, since one that is already there may have looked before this transaction is seen; a job that
/// comes too late finds nothing, and costs little.
pub(super) async fn put(transaction: &impl ConnectionTrait, events: &[event::Model]) -> Result<Tickets> {
    let urgent = wanted(transaction, events).await?;
    let Some(now) = events.iter().map(|event| event.created_at).max() else { return Ok(Tickets::default()) };
    let mut jobs = vec![];
    for (organization, priority) in urgent {
        let first = events.iter().find(|event| event.organization_id == organization);
        let request = first.and_then(|event| event.request_id.clone());
        let job = NewJob::new(Some(organization), &WebhookFanout {})?;
        jobs.push(job.priority(job_priority(priority)).request_id(request));
    }
    Ok(ledger::enqueue(transaction, jobs, now).await?.tickets)
}

/// Queues, and tells for which organizations, each with its most urgent event.
async fn wanted(
    transaction: &impl ConnectionTrait,
    events: &[event::Model],
) -> Result<BTreeMap<OrganizationId, i16>> {
    let fields = &[("event_id", Type::Uuid), ("organization_id", Type::Uuid), ("priority", Type::Int)];
    let row = |event: &event::Model| {
        let event::Model { id, organization_id, priority, .. } = *event;
        Row { event_id: id, organization_id, priority }
    };
    let rows: Vec<_> = events.iter().map(row).collect();
    let sql = "insert into event_queue ({columns}) select {columns} from {rows}
      where exists (select 1 from endpoints e where e.organization_id = r.organization_id
        and e.deleted_at is null and e.status <> 'disabled')
      returning organization_id, priority";
    let statement = rows::statement(transaction, sql, fields, &rows, [])?;
    let mut urgent = BTreeMap::new();
    for Queued { organization_id, priority } in Queued::find_by_statement(statement).all(transaction).await? {
        let most = urgent.entry(organization_id).or_insert(priority);
        *most = priority.min(*most);
    }
    Ok(urgent)
}

const fn job_priority(urgency: i16) -> Priority {
    match urgency {
        ..=1 => Priority::High,
        2 => Priority::Normal,
        3.. => Priority::Low,
    }
}
