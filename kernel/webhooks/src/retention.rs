//! Retention: removes expired attempts and events, and those of removed endpoints.

use chrono::{DateTime, TimeDelta, Utc};
use platform::{config::Retention, error::Result};
use sea_orm::{ConnectionTrait, Statement, Value};
use std::time::Duration;
use uuid::Uuid;

/// Removes at most `batch` rows of each kind; returns the largest number removed.
pub async fn sweep(
    db: &impl ConnectionTrait,
    keep: &Retention,
    batch: u64,
    now: DateTime<Utc>,
) -> Result<u64> {
    let limit = Value::from(i64::try_from(batch).unwrap_or(i64::MAX));
    let old = |keep: Duration| [first_id(now - keep).into(), (now - keep).into(), limit.clone()];
    let attempts = remove(db, ATTEMPTS, old(keep.deliveries)).await?;
    let events = remove(db, EVENTS, old(keep.events)).await?;
    let orphans = remove(db, ORPHANS, [limit]).await?;
    let endpoints = if orphans == 0 { remove(db, ENDPOINTS, []).await? } else { 0 };
    Ok(attempts.max(events).max(orphans).max(endpoints))
}

/// An attempt's id has the time at which it was created by the clock of its process; this is by how much it and the
/// stored time may differ.
pub(super) const ID_SLACK: TimeDelta = TimeDelta::days(1);

/// Ids begin with their time of creation, so the primary key finds old ones.
pub(super) fn first_id(at: DateTime<Utc>) -> Uuid {
    Uuid::from_u128(u128::try_from(at.timestamp_millis()).unwrap_or(0) << 80)
}

const ATTEMPTS: &str = "delete from deliveries where id in
  (select id from deliveries where id < $1 and sent_at < $2 limit $3)";

const EVENTS: &str = "delete from events where id in
  (select id from events where id < $1 and created_at < $2
     and not exists (select 1 from event_queue q where q.event_id = events.id) limit $3)";

const ORPHANS: &str = "delete from deliveries where id in
  (select d.id from endpoints e join deliveries d on d.endpoint_id = e.id
     where e.deleted_at is not null limit $1)";

const ENDPOINTS: &str = "delete from endpoints where deleted_at is not null
  and not exists (select 1 from deliveries d where d.endpoint_id = endpoints.id)";

async fn remove<const N: usize>(db: &impl ConnectionTrait, sql: &str, values: [Value; N]) -> Result<u64> {
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(db.execute_raw(statement).await?.rows_affected())
}
