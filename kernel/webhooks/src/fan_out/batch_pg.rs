//! The fast path in PostgreSQL: this process holds all the endpoints, so no job is needed. A single event takes one
//! statement; several take one that reads and one that writes. Each is its own transaction, which saves three round
//! trips.

use super::{BATCH, FannedOut, Told, Wanting, ensure, single_pg, tell};
use chrono::{DateTime, Utc};
use engine::ledger::PendingPush;
use entities::{
    event,
    ids::{DeliveryId, EndpointId, EventId, OrganizationId},
};
use platform::{
    Db,
    db::{GenericPlanConnection, GenericPlanStatement},
    error::Result,
    rows::{self, Type},
};
use sea_orm::{DbBackend, DbErr, FromQueryResult, QueryResult, SqlErr};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

/// Makes deliveries of what is queued; none where it has to be done in steps.
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
        let pushes = let_go(db, organization, &told, held, now).await?;
        return Ok(Some(FannedOut { pushes, endpoints: told, events: vec![event], more: false }));
    }
    let (events, endpoints) = read(db, organization).await?;
    if events.is_empty() {
        return Ok(Some(FannedOut::default()));
    }
    let told = endpoints.iter().map(|it| tell(it, &events, now)).collect::<Result<Vec<_>>>()?;
    let told: Vec<_> = told.into_iter().filter(|told| !told.due.is_empty()).collect();
    if told.iter().any(|told| told.is_active && !held(told.id)) {
        return Ok(None);
    }
    let more = events.len() as u64 == BATCH;
    let Some(told) = write(db, &events, told, now).await? else { return Ok(None) };
    let pushes = let_go(db, organization, &told, held, now).await?;
    Ok(Some(FannedOut { pushes, endpoints: told, events, more }))
}

/// Jobs for the endpoints that nobody here holds: whoever has let go meanwhile may have looked before the deliveries
/// were there. Killed before it: what is left over is found by the sweeper.
async fn let_go(
    db: &Db,
    organization: OrganizationId,
    told: &[Told],
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
    /// With the first event.
    endpoints: Option<serde_json::Value>,
}

/// What is queued, and the endpoints that may want it. They are as they were when the youngest of these events
/// was seen: one that was registered before it was recorded is among them.
async fn read(db: &Db, organization: OrganizationId) -> Result<(Vec<event::Model>, Vec<Wanting>)> {
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
    /// Its place among those of the endpoint.
    place: usize,
    priority: i16,
}

#[derive(FromQueryResult)]
struct Moved {
    id: EndpointId,
    first: i64,
}

/// Takes the events off the queue, moves the endpoints' numbers on and inserts the deliveries; none when somebody
/// else has done it meanwhile: an event's first attempt at an endpoint is unique.
async fn write(
    db: &Db,
    events: &[event::Model],
    told: Vec<Told>,
    now: DateTime<Utc>,
) -> Result<Option<Vec<Told>>> {
    const FIELDS: &rows::Fields = &[
        ("id", Type::Uuid),
        ("endpoint_id", Type::Uuid),
        ("event_id", Type::Uuid),
        ("place", Type::Int),
        ("priority", Type::Int),
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
    let values = [rows::json(&ids)?, rows::json(&counts)?, now.into()];
    let statement = rows::generic_plan_statement(DbBackend::Postgres, sql, FIELDS, &rows, values)?;
    match db.generic_plans().find::<Moved>(statement).await {
        Ok(moved) => Ok(Some(number(told, &moved))),
        Err(error) if is_taken(&error) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn rows_of(told: &Told) -> impl Iterator<Item = Row> {
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

/// With the numbers as they were given; without those that have been removed or disabled meanwhile.
fn number(told: Vec<Told>, moved: &[Moved]) -> Vec<Told> {
    let first: HashMap<_, _> = moved.iter().map(|row| (row.id, row.first)).collect();
    let numbered = told.into_iter().filter_map(|mut told| {
        let numbers = *first.get(&told.id)?..;
        told.due.iter_mut().zip(numbers).for_each(|(due, number)| due.sequence = number);
        Some(told)
    });
    numbered.collect()
}
