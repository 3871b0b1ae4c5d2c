//! The fan-out in a transaction of several statements.

use super::{BATCH, EndpointBatch, FannedOut, batch_for, ensure};
use crate::PendingAttempt;
use chrono::{DateTime, Utc};
use entities::{
    endpoint::{self, EndpointStatus},
    event,
    ids::{EndpointId, EventId, OrganizationId},
};
use kernel::events;
use platform::{
    bulk::{self, SqlType},
    error::Result,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, FromQueryResult, QueryFilter, QuerySelect, Statement,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// Creates deliveries for the organization's queued events. `held` is evaluated while the endpoints are locked, and an
/// endpoint's session releases it under the same lock.
///
/// The endpoints are locked first: of two concurrent fan-outs the second gets a larger batch, and numbers follow the
/// order of commits.
pub(super) async fn fan_out(
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
    let told = endpoints.iter().map(|it| batch_for(&it.into(), &events, now)).collect::<Result<Vec<_>>>()?;
    let told: Vec<_> = told.into_iter().filter(|told| !told.due.is_empty()).collect();
    if told.is_empty() {
        return Ok(FannedOut { events, more, ..FannedOut::default() });
    }
    insert(transaction, &told, now).await?;
    let waiting = told.iter().filter(|told| told.is_active && !held(told.id)).map(|told| told.id).collect();
    let pushes = ensure(transaction, organization, waiting, now).await?;
    Ok(FannedOut { pushes, endpoints: told, events, more })
}

#[derive(FromQueryResult)]
struct QueuedEvent {
    event_id: EventId,
}

const NEXT: &str =
    "select event_id from event_queue where organization_id = $1 order by priority, event_id limit $2";

/// Removes events from the queue and reads them; one statement in PostgreSQL.
async fn take(transaction: &impl ConnectionTrait, organization: OrganizationId) -> Result<Vec<event::Model>> {
    let (backend, values) = (transaction.get_database_backend(), [organization.into(), BATCH.into()]);
    let mut events = if backend == DbBackend::Postgres {
        let sql = format!(
            "with taken as (delete from event_queue where event_id = any(array({NEXT})) returning event_id)
             select * from events where id = any(array(select event_id from taken))"
        );
        let statement = Statement::from_sql_and_values(backend, sql, values);
        event::Model::find_by_statement(statement).all(transaction).await?
    } else {
        let sql = format!("delete from event_queue where event_id in ({NEXT}) returning event_id");
        let statement = Statement::from_sql_and_values(backend, sql, values);
        let taken = QueuedEvent::find_by_statement(statement).all(transaction).await?;
        events::load(transaction, taken.into_iter().map(|row| row.event_id)).await?
    };
    events.sort_by_key(|event| (event.priority, event.id));
    Ok(events)
}

#[derive(Serialize)]
struct Row<'a> {
    endpoint_id: EndpointId,
    #[serde(flatten)]
    due: &'a PendingAttempt,
}

/// Inserts the deliveries and increments the endpoints' next numbers; one statement in PostgreSQL.
async fn insert(
    transaction: &impl ConnectionTrait,
    told: &[EndpointBatch],
    now: DateTime<Utc>,
) -> Result<()> {
    const FIELDS: &bulk::Fields = &[
        ("id", SqlType::Uuid),
        ("endpoint_id", SqlType::Uuid),
        ("event_id", SqlType::Uuid),
        ("sequence", SqlType::Int),
        ("attempt", SqlType::Int),
        ("retry", SqlType::Int),
        ("priority", SqlType::Int),
        ("due_at", SqlType::Time),
    ];
    const INSERT: &str =
        "insert into deliveries ({columns}, state, created_at) select {columns}, 'pending', $2 from {rows}";
    let mut rows = vec![];
    for EndpointBatch { id, due, .. } in told {
        rows.extend(due.iter().map(|due| Row { endpoint_id: *id, due }));
    }
    if transaction.get_database_backend() == DbBackend::Postgres {
        let sql = format!(
            "with numbered as (
               update endpoints set next_sequence = next_sequence + ($3::json ->> id::text)::bigint
               where id = any(array(select json_object_keys($3::json)::uuid)))
             {INSERT}"
        );
        let counts: BTreeMap<_, _> = told.iter().map(|told| (told.id.0, told.due.len())).collect();
        let values = [now.into(), bulk::json(&counts)?];
        transaction.execute_raw(bulk::statement(transaction, &sql, FIELDS, &rows, values)?).await?;
        return Ok(());
    }
    transaction.execute_raw(bulk::statement(transaction, INSERT, FIELDS, &rows, [now.into()])?).await?;
    move_on(transaction, told).await
}

#[derive(Serialize)]
struct SequenceCount {
    id: EndpointId,
    count: usize,
}

async fn move_on(transaction: &impl ConnectionTrait, told: &[EndpointBatch]) -> Result<()> {
    let fields = &[("id", SqlType::Uuid), ("count", SqlType::Int)];
    let rows: Vec<_> = told.iter().map(|told| SequenceCount { id: told.id, count: told.due.len() }).collect();
    let sql = "update endpoints set next_sequence = next_sequence + r.count from {rows}
      where endpoints.id = r.id";
    transaction.execute_raw(bulk::statement(transaction, sql, fields, &rows, [])?).await?;
    Ok(())
}
