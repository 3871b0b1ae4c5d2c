//! Fan-out: from queued events to deliveries, each endpoint's numbered without a gap.

use super::{endpoints::form, ensure_jobs};
use crate::{
    error::Result,
    ledger::Tickets,
    rows::{self, Type},
    webhooks::Form,
};
use chrono::{DateTime, Utc};
use entities::{
    delivery::DeliveryState,
    endpoint::{self, EndpointStatus},
    endpoint_health, event,
    ids::{DeliveryId, EndpointId, EventId, OrganizationId},
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, Statement,
};
use serde::Serialize;
use std::collections::{HashMap, HashSet};

/// Events at most in one transaction.
const BATCH: u64 = 500;

/// What one fan-out did.
#[derive(Debug, Default)]
pub struct FannedOut {
    /// To be pushed after the commit.
    pub tickets: Tickets,
    /// The endpoints that have something new.
    pub endpoints: Vec<Told>,
    /// The events, in the order in which they were numbered.
    pub events: Vec<event::Model>,
    /// Whether there may be more in the queue.
    pub more: bool,
}

/// An endpoint that has something new.
#[derive(Debug, Clone, Copy)]
pub struct Told {
    /// The endpoint.
    pub id: EndpointId,
    /// How its deliveries look.
    pub form: &'static Form,
}

#[derive(Serialize)]
struct Row {
    id: DeliveryId,
    endpoint_id: EndpointId,
    event_id: EventId,
    sequence: i64,
    priority: i16,
    state: DeliveryState,
    due_at: DateTime<Utc>,
}

#[derive(Serialize)]
struct Next {
    id: EndpointId,
    next_sequence: i64,
}

/// Makes deliveries of what is queued of the organization, within the caller's transaction. `held` tells of
/// which endpoints this process holds the job; that is asked while the endpoint is locked, and whoever ends
/// such a job lets go of it under the same lock.
///
/// The endpoints are locked first, so that of two who do this at once the second finds a larger batch, and
/// numbers follow the order of commits.
pub async fn fan_out(
    transaction: &impl ConnectionTrait,
    organization: OrganizationId,
    held: &(dyn Fn(EndpointId) -> bool + Sync),
    now: DateTime<Utc>,
) -> Result<FannedOut> {
    let endpoints = endpoint::Entity::of(organization)
        .filter(endpoint::Column::Status.ne(EndpointStatus::Disabled))
        .lock_exclusive()
        .all(transaction)
        .await?;
    let events = take(transaction, organization).await?;
    let more = events.len() as u64 == BATCH;
    let (rows, next) = number(&endpoints, &events, now);
    if rows.is_empty() {
        return Ok(FannedOut { events, more, ..FannedOut::default() });
    }
    insert(transaction, &rows, now).await?;
    write_numbers(transaction, &next).await?;
    let told: HashSet<_> = next.iter().map(|next| next.id).collect();
    let told = endpoints.iter().filter(|endpoint| told.contains(&endpoint.id));
    let waiting = told.clone().filter(|it| it.status == EndpointStatus::Active && !held(it.id));
    let tickets = ensure(transaction, organization, waiting.map(|it| it.id).collect(), now).await?;
    let told = told.map(|it| Ok(Told { id: it.id, form: form(&it.contract)? })).collect::<Result<_>>()?;
    Ok(FannedOut { tickets, endpoints: told, events, more })
}

#[derive(FromQueryResult)]
struct Taken {
    event_id: EventId,
}

async fn take(transaction: &impl ConnectionTrait, organization: OrganizationId) -> Result<Vec<event::Model>> {
    let sql = "delete from event_queue where event_id in
        (select event_id from event_queue where organization_id = $1 order by priority, event_id limit $2)
      returning event_id";
    let backend = transaction.get_database_backend();
    let statement = Statement::from_sql_and_values(backend, sql, [organization.into(), BATCH.into()]);
    let taken: Vec<_> = Taken::find_by_statement(statement).all(transaction).await?;
    if taken.is_empty() {
        return Ok(vec![]);
    }
    let ids = taken.into_iter().map(|row| row.event_id);
    let mut events = event::Entity::find().filter(event::Column::Id.is_in(ids)).all(transaction).await?;
    events.sort_by_key(|event| (event.priority, event.id));
    Ok(events)
}

/// The deliveries, and what each endpoint's next number is after them.
fn number(
    endpoints: &[endpoint::Model],
    events: &[event::Model],
    now: DateTime<Utc>,
) -> (Vec<Row>, Vec<Next>) {
    let (mut rows, mut next) = (vec![], vec![]);
    for endpoint in endpoints {
        let mut sequence = endpoint.next_sequence;
        for event in events.iter().filter(|event| endpoint.types.include(&event.kind)) {
            rows.push(Row {
                id: DeliveryId::new(),
                endpoint_id: endpoint.id,
                event_id: event.id,
                sequence,
                priority: event.priority,
                state: DeliveryState::Pending,
                due_at: now,
            });
            sequence += 1;
        }
        if sequence > endpoint.next_sequence {
            next.push(Next { id: endpoint.id, next_sequence: sequence });
        }
    }
    (rows, next)
}

async fn insert(transaction: &impl ConnectionTrait, rows: &[Row], now: DateTime<Utc>) -> Result<()> {
    const FIELDS: &rows::Fields = &[
        ("id", Type::Uuid),
        ("endpoint_id", Type::Uuid),
        ("event_id", Type::Uuid),
        ("sequence", Type::Int),
        ("priority", Type::Int),
        ("state", Type::Text),
        ("due_at", Type::Time),
    ];
    let sql = "insert into deliveries ({columns}, attempt, retry, created_at)
      select {columns}, 1, 0, $2 from {rows}";
    transaction.execute_raw(rows::statement(transaction, sql, FIELDS, &rows, [now.into()])?).await?;
    Ok(())
}

async fn write_numbers(transaction: &impl ConnectionTrait, next: &[Next]) -> Result<()> {
    let fields = &[("id", Type::Uuid), ("next_sequence", Type::Int)];
    let sql = "update endpoints set next_sequence = r.next_sequence from {rows} where endpoints.id = r.id";
    transaction.execute_raw(rows::statement(transaction, sql, fields, &next, [])?).await?;
    Ok(())
}

/// Jobs for those that nobody here holds; not before the time of an open breaker.
async fn ensure(
    transaction: &impl ConnectionTrait,
    organization: OrganizationId,
    endpoints: Vec<EndpointId>,
    now: DateTime<Utc>,
) -> Result<Tickets> {
    if endpoints.is_empty() {
        return Ok(Tickets::default());
    }
    let open = endpoint_health::Entity::find()
        .filter(endpoint_health::Column::EndpointId.is_in(endpoints.iter().copied()))
        .filter(endpoint_health::Column::ClosedUntil.gt(now));
    let open = open.all(transaction).await?;
    let until: HashMap<_, _> = open.iter().map(|row| (row.endpoint_id, row.closed_until)).collect();
    let at = |id| until.get(&id).copied().flatten().unwrap_or(now);
    let wanted: Vec<_> = endpoints.into_iter().map(|id| (organization, id, at(id))).collect();
    ensure_jobs(transaction, &wanted, now).await
}
