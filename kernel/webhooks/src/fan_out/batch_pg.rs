//! The fast path in PostgreSQL: this process holds all the endpoints, so no job is needed. A single event takes one
//! statement; several take one to read and one to write. Each is its own transaction, which saves three round trips.

use super::{BATCH, EndpointBatch, EndpointFilter, FannedOut, batch_for, ensure, single_pg};
use chrono::{DateTime, Utc};
use engine::ledger::PendingPush;
use entities::{
    event,
    ids::{DeliveryId, EndpointId, EventId, OrganizationId},
};
use platform::{
    Db,
    bulk::{self, SqlType},
    db::{GenericPlanConnection, GenericPlanStatement},
    error::Result,
};
use sea_orm::{DbBackend, DbErr, FromQueryResult, QueryResult, SqlErr};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

/// Creates deliveries for queued events; `None` if this takes several statements.
pub(super) async fn fan_out(
    db: &Db,
    organization: OrganizationId,
    held: &(dyn Fn(EndpointId) -> bool + Sync),
    expect_one: bool,
    now: DateTime<Utc>,
) -> Result<Option<FannedOut>> {
    if db.generic_plans().backend() != DbBackend::Postgres {
        return Ok(None);
    }
    if expect_one && let Some((event, told)) = single_pg::fan_out(db, organization, now).await? {
        let pushes = ensure_unheld(db, organization, &told, held, now).await?;
        return Ok(Some(FannedOut { pushes, endpoints: told, events: vec![event], more: false }));
    }
    let (events, endpoints) = read(db, organization).await?;
    if events.is_empty() {
        return Ok(Some(FannedOut::default()));
    }
    let told = endpoints.iter().map(|it| batch_for(it, &events, now)).collect::<Result<Vec<_>>>()?;
    let told: Vec<_> = told.into_iter().filter(|told| !told.due.is_empty()).collect();
    if told.iter().any(|told| told.is_active && !held(told.id)) {
        return Ok(None);
    }
    let more = events.len() as u64 == BATCH;
    let Some(told) = write(db, &events, told, now).await? else { return Ok(None) };
    let pushes = ensure_unheld(db, organization, &told, held, now).await?;
    Ok(Some(FannedOut { pushes, endpoints: told, events, more }))
}

/// Enqueues jobs for the endpoints that this process no longer holds: a session that ended meanwhile may have checked
/// before the deliveries were committed. After a crash before this, the sweeper finds them.
async fn ensure_unheld(
    db: &Db,
    organization: OrganizationId,
    told: &[EndpointBatch],
    held: &(dyn Fn(EndpointId) -> bool + Sync),
    now: DateTime<Utc>,
) -> Result<PendingPush> {
    let left: Vec<_> =
        told.iter().filter(|told| told.is_active && !held(told.id)).map(|told| told.id).collect();
    if left.is_empty() {
        return Ok(PendingPush::default());
    }
    let transaction = db.begin().await?;
    let pushes = ensure(&transaction, organization, left, now).await?;
    transaction.commit().await?;
    Ok(pushes)
}

#[derive(FromQueryResult)]
struct Endpoints {
    /// Only in the row of the first event.
    endpoints: Option<serde_json::Value>,
}

/// The queued events and the endpoints, in one snapshot: it includes every endpoint registered before the newest of the
/// events was recorded.
async fn read(db: &Db, organization: OrganizationId) -> Result<(Vec<event::Model>, Vec<EndpointFilter>)> {
    let sql = "select e.*, case when row_number() over () = 1 then (
          select json_agg(json_build_object('id', p.id, 'contract', p.contract, 'types', p.types,
            'status', p.status, 'next_sequence', p.next_sequence))
          from endpoints p
          where p.organization_id = $1 and p.deleted_at is null and p.status <> 'disabled') end as endpoints
      from events e where e.id = any(array(
        select event_id from event_queue where organization_id = $1 order by priority, event_id limit $2))";
    let values = [organization.into(), BATCH.into()];
    let statement = GenericPlanStatement::new(DbBackend::Postgres, sql, values);
    let rows = db.generic_plans().rows(statement).await?;
    let endpoints = rows.iter().find_map(|row| Endpoints::from_query_result(row, "").ok()?.endpoints);
    let endpoints = endpoints.map(serde_json::from_value).transpose()?.unwrap_or_default();
    let event = |row: &QueryResult| event::Model::from_query_result(row, "");
    let mut events = rows.iter().map(event).collect::<Result<Vec<_>, _>>()?;
    events.sort_by_key(|event| (event.priority, event.id));
    Ok((events, endpoints))
}

#[derive(Serialize)]
struct Row {
    id: DeliveryId,
    endpoint_id: EndpointId,
    event_id: EventId,
    /// Its index among the endpoint's deliveries.
    place: usize,
    priority: i16,
}

#[derive(FromQueryResult)]
struct SequenceRange {
    id: EndpointId,
    first: i64,
}

/// Removes the events from the queue, increments the endpoints' next numbers and inserts the deliveries. `None` if
/// another process did so meanwhile: an event's first attempt at an endpoint is unique.
async fn write(
    db: &Db,
    events: &[event::Model],
    told: Vec<EndpointBatch>,
    now: DateTime<Utc>,
) -> Result<Option<Vec<EndpointBatch>>> {
    const FIELDS: &bulk::Fields = &[
        ("id", SqlType::Uuid),
        ("endpoint_id", SqlType::Uuid),
        ("event_id", SqlType::Uuid),
        ("place", SqlType::Int),
        ("priority", SqlType::Int),
    ];
    let sql = "with taken as (
        delete from event_queue where event_id = any(array(select json_array_elements_text($2::json)::uuid))),
      moved as (
        update endpoints set next_sequence = next_sequence + ($3::json ->> id::text)::bigint
        where id = any(array(select json_object_keys($3::json)::uuid))
          and deleted_at is null and status <> 'disabled'
        returning id, next_sequence - ($3::json ->> id::text)::bigint as first),
      made as (
        insert into deliveries
          (id, endpoint_id, event_id, sequence, attempt, retry, priority, due_at, state, created_at)
        select r.id, r.endpoint_id, r.event_id, m.first + r.place, 1, 0, r.priority, $4, 'pending', $4
        from {rows} join moved m on m.id = r.endpoint_id)
      select id, first from moved";
    let rows: Vec<_> = told.iter().flat_map(rows_of).collect();
    let ids: Vec<_> = events.iter().map(|event| event.id.0).collect();
    let counts: BTreeMap<_, _> = told.iter().map(|told| (told.id.0, told.due.len())).collect();
    let values = [bulk::json(&ids)?, bulk::json(&counts)?, now.into()];
    let statement = bulk::generic_plan_statement(DbBackend::Postgres, sql, FIELDS, &rows, values)?;
    match db.generic_plans().find::<SequenceRange>(statement).await {
        Ok(moved) => Ok(Some(number(told, &moved))),
        Err(error) if is_taken(&error) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn rows_of(told: &EndpointBatch) -> impl Iterator<Item = Row> {
    told.due.iter().enumerate().map(|(place, due)| Row {
        id: due.id,
        endpoint_id: told.id,
        event_id: due.event_id,
        place,
        priority: due.priority,
    })
}

fn is_taken(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
}

/// Sets the assigned numbers; drops endpoints that were removed or disabled meanwhile.
fn number(told: Vec<EndpointBatch>, moved: &[SequenceRange]) -> Vec<EndpointBatch> {
    let first: HashMap<_, _> = moved.iter().map(|row| (row.id, row.first)).collect();
    let numbered = told.into_iter().filter_map(|mut told| {
        let numbers = *first.get(&told.id)?..;
        told.due.iter_mut().zip(numbers).for_each(|(due, number)| due.sequence = number);
        Some(told)
    });
    numbered.collect()
}
