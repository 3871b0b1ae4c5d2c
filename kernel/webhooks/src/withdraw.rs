//! Withdraws deliveries.

use super::Wakeup;
use entities::ids::{EndpointId, EventId};
use kernel::UnitOfWork;
use platform::{bulk, error::Result};
use sea_orm::{ConnectionTrait, FromQueryResult};

/// The error class of a withdrawn delivery. An attempt in flight that is accepted is still recorded as a success
/// ([`super::record()`]).
pub const WITHDRAWN: &str = "withdrawn";

#[derive(FromQueryResult)]
struct Withdrawn {
    endpoint_id: EndpointId,
    event_id: EventId,
}

/// Ends the pending deliveries of these events with this reason; returns the events that had any. Attempts in flight
/// continue. Idempotent.
pub async fn withdraw(work: &UnitOfWork, events: &[EventId], why: &str) -> Result<Vec<EventId>> {
    if events.is_empty() {
        return Ok(vec![]);
    }
    let sql =
        "update deliveries set state = 'failed', sent_at = $2, took_ms = 0, error_class = $3, error = $4
      where event_id {in_ids} and state = 'pending' returning endpoint_id, event_id";
    let values = [work.now().into(), WITHDRAWN.into(), why.into()];
    let transaction = work.transaction().await?;
    let rows = bulk::ids(events.iter().map(|id| id.0));
    // An attempt being recorded may have a retry: the next statement sees it.
    let locking = bulk::locking(transaction.get_database_backend(), "for update");
    let lock = format!("select id from deliveries where event_id {{in_ids}} order by id {locking}");
    transaction.execute_raw(bulk::statement(&transaction, &lock, bulk::ID, &rows, [])?).await?;
    let statement = bulk::statement(&transaction, sql, bulk::ID, &rows, values)?;
    let withdrawn = Withdrawn::find_by_statement(statement).all(&transaction).await?;
    for Withdrawn { endpoint_id, .. } in &withdrawn {
        // The session may have read it ahead.
        work.wake_on_commit(Wakeup::Changed(*endpoint_id));
    }
    Ok(withdrawn.into_iter().map(|it| it.event_id).collect())
}
