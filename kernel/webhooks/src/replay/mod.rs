//! Retry and replay: a new attempt, with the next number and the whole schedule ahead. At most one attempt of an event
//! waits: a retry replaces it, a replay leaves it alone.
//!
//! The endpoint is locked first. Its session releases it under the same lock, so it either finds the new attempts, or
//! has ended when its job is checked. Otherwise that job could count as open and end without having seen them.

mod matching;

pub use matching::{ReplayFilter, ReplayState, Replayed, replay_matching};

use super::{Wakeup, endpoints, ensure_jobs, test::TEST_SEQUENCE};
use chrono::{DateTime, Utc};
use entities::{
    delivery,
    endpoint::{self, EndpointStatus},
    endpoint_health,
    ids::{DeliveryId, EndpointId},
};
use kernel::{
    UnitOfWork,
    events::{self, EventPriority},
};
use platform::{
    bulk::{self, SqlType},
    error::{Error, Result},
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, Statement, Value,
    sea_query::Expr,
};
use serde::Serialize;

/// Maximum number of deliveries per statement.
const BATCH: i64 = 1000;

#[derive(FromQueryResult)]
struct Last {
    id: DeliveryId,
    sequence: i64,
}

/// Sends the event of one attempt again, immediately, before other attempts, and even if the breaker is open; returns
/// the new attempt, which replaces a waiting one. `Conflict` for a test, which is sent once, and if the endpoint is not
/// active.
pub async fn retry(work: &UnitOfWork, endpoint: &endpoint::Model, id: DeliveryId) -> Result<DeliveryId> {
    let endpoint = &lock_active(work, endpoint).await?;
    let transaction = work.transaction().await?;
    let found =
        delivery::Entity::to(endpoint.id).filter(delivery::Column::Id.eq(id)).one(&transaction).await?;
    let found = found.ok_or(Error::NotFound("Delivery"))?;
    if found.sequence == TEST_SEQUENCE {
        return Err(conflict("A test cannot be retried; send another one"));
    }
    let all = delivery::Entity::to(endpoint.id).filter(delivery::Column::EventId.eq(found.event_id));
    let last = all.one(&transaction).await?.ok_or(Error::NotFound("Delivery"))?;
    if last.sent_at.is_none() {
        replace(&transaction, &[last.id], work.now()).await?;
    }
    let new = insert_attempts(&transaction, endpoint, &[last.id], work.now()).await?;
    prioritize(&transaction, endpoint.id, &new).await?;
    wake(work, endpoint).await?;
    // A conflict: there was a concurrent request.
    new.first().copied().ok_or_else(|| conflict("The delivery is just being retried"))
}

/// [`retry`] of an attempt for any endpoint that the contract shows. `NotFound` if it is for none of them.
pub async fn retry_by_id(work: &UnitOfWork, contract: &str, id: DeliveryId) -> Result<DeliveryId> {
    const MISSING: Error = Error::NotFound("Delivery");
    let transaction = work.transaction().await?;
    let found = delivery::Entity::find_by_id(id).one(&transaction).await?.ok_or(MISSING)?;
    let endpoint = endpoint::Entity::shown_by(work.actor.organization, contract);
    let endpoint = endpoint.filter(endpoint::Column::Id.eq(found.endpoint_id)).one(&transaction).await?;
    retry(work, &endpoint.ok_or(MISSING)?, id).await
}

/// Locks the endpoint; `Conflict` unless it is active. An open breaker does not matter: it closes automatically.
async fn lock_active(work: &UnitOfWork, endpoint: &endpoint::Model) -> Result<endpoint::Model> {
    let endpoint = endpoints::lock(work, &endpoint.contract, endpoint.id).await?;
    match endpoint.status {
        EndpointStatus::Active => Ok(endpoint),
        EndpointStatus::Paused => Err(conflict("The webhook is paused; resume it first")),
        EndpointStatus::Disabled => Err(endpoints::disabled(&endpoint)),
    }
}

fn conflict(message: &str) -> Error {
    Error::Conflict { message: message.into(), field: None }
}

/// Cancels waiting attempts; returns those that still waited. If one is in flight, [`super::record`] overwrites this
/// with its outcome; if that was just recorded, it stays.
async fn replace(
    transaction: &impl ConnectionTrait,
    waiting: &[DeliveryId],
    now: DateTime<Utc>,
) -> Result<Vec<DeliveryId>> {
    let sql = "update deliveries set state = 'retrying', sent_at = $2, took_ms = 0, error_class = 'replaced',
        error = 'not made: attempt ' || (attempt + 1) || ' was asked for'
      where id {in_ids} and sent_at is null returning id";
    let rows = bulk::ids(waiting.iter().map(|id| id.0));
    let statement = bulk::statement(transaction, sql, bulk::ID, &rows, [now.into()])?;
    ids(transaction, statement).await
}

/// Makes attempts first in line, even if the breaker is open. They are then trials, like the attempt after the
/// breaker's pause.
async fn prioritize(
    transaction: &impl ConnectionTrait,
    endpoint: EndpointId,
    new: &[DeliveryId],
) -> Result<()> {
    delivery::Entity::update_many()
        .col_expr(delivery::Column::Priority, EventPriority::Critical.number().into())
        .filter(delivery::Column::Id.is_in(new.iter().copied()))
        .exec(transaction)
        .await?;
    let none = Option::<DateTime<Utc>>::None;
    endpoint_health::Entity::update_many()
        .col_expr(endpoint_health::Column::ClosedUntil, Expr::value(none))
        .filter(endpoint_health::Column::EndpointId.eq(endpoint))
        .exec(transaction)
        .await?;
    Ok(())
}

/// Which deliveries to send again; by default all that have failed permanently.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReplaySelection {
    /// Only those whose last attempt was made since then and has failed permanently.
    pub failed_since: Option<DateTime<Utc>>,
    /// Only those from this number.
    pub from_sequence: Option<i64>,
}

/// Sends the selected deliveries again; returns their number. `Conflict` if the endpoint is not active.
pub async fn replay(work: &UnitOfWork, endpoint: &endpoint::Model, chosen: ReplaySelection) -> Result<u64> {
    let ReplaySelection { failed_since, from_sequence } = chosen;
    let (which, since) = if failed_since.is_none() && from_sequence.is_some() {
        ("d.sent_at is not null", None)
    } else {
        ("d.state = 'failed' and d.sent_at >= $4", Some(failed_since.unwrap_or(DateTime::UNIX_EPOCH).into()))
    };
    let sql = format!(
        "select d.id, d.sequence from deliveries d
         where d.endpoint_id = $1 and d.sequence > $2 and {which}
           and not exists (select 1 from deliveries n where n.endpoint_id = d.endpoint_id
             and n.sequence = d.sequence and n.attempt > d.attempt)
         order by d.sequence limit $3"
    );
    replay_batches(work, endpoint, &sql, from_sequence.map_or(0, |first| first - 1), since).await
}

async fn replay_batches(
    work: &UnitOfWork,
    endpoint: &endpoint::Model,
    sql: &str,
    mut after: i64,
    more: Option<Value>,
) -> Result<u64> {
    let endpoint = &lock_active(work, endpoint).await?;
    let transaction = work.transaction().await?;
    let (backend, mut count) = (transaction.get_database_backend(), 0);
    loop {
        let values = [endpoint.id.into(), after.into(), BATCH.into()].into_iter().chain(more.clone());
        let chosen = Statement::from_sql_and_values(backend, sql, values);
        let chosen = Last::find_by_statement(chosen).all(&transaction).await?;
        let Some(last) = chosen.last() else { break };
        after = last.sequence;
        let ids: Vec<_> = chosen.iter().map(|row| row.id).collect();
        count += insert_attempts(&transaction, endpoint, &ids, work.now()).await?.len() as u64;
    }
    wake(work, endpoint).await?;
    Ok(count)
}

#[derive(Serialize)]
struct Row {
    last: DeliveryId,
    id: DeliveryId,
}

#[derive(FromQueryResult)]
struct IdRow {
    id: DeliveryId,
}

async fn ids(transaction: &impl ConnectionTrait, returning: Statement) -> Result<Vec<DeliveryId>> {
    let rows = IdRow::find_by_statement(returning).all(transaction).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Inserts the next attempt of each delivery whose event has not expired and is received by the endpoint's contract.
async fn insert_attempts(
    transaction: &impl ConnectionTrait,
    endpoint: &endpoint::Model,
    last: &[DeliveryId],
    now: DateTime<Utc>,
) -> Result<Vec<DeliveryId>> {
    let rows: Vec<_> = last.iter().map(|last| Row { last: *last, id: DeliveryId::new() }).collect();
    let fields = &[("last", SqlType::Uuid), ("id", SqlType::Uuid)];
    let domains = events::domains_sql(&endpoint.contract);
    let sql = "insert into deliveries
        (id, endpoint_id, event_id, sequence, attempt, retry, priority, state, due_at, created_at)
      select r.id, d.endpoint_id, d.event_id, d.sequence, d.attempt + 1, 0, d.priority, 'pending', $2, $2
      from {rows} join deliveries d on d.id = r.last
      where exists (select 1 from events e where e.id = d.event_id and e.domain in {domains})
      on conflict do nothing returning id"
        .replace("{domains}", &domains);
    ids(transaction, bulk::statement(transaction, &sql, fields, &rows, [now.into()])?).await
}

/// Makes the active endpoint's session check again.
async fn wake(work: &UnitOfWork, endpoint: &endpoint::Model) -> Result<()> {
    let (id, now): (EndpointId, _) = (endpoint.id, work.now());
    let wanted = [(endpoint.organization_id, id, now)];
    let pushes = ensure_jobs(&work.transaction().await?, &wanted, now).await?;
    work.enqueue_on_commit(pushes);
    work.wake_on_commit(Wakeup::Changed(id));
    Ok(())
}
