//! Replay of the deliveries that match a filter, up to a maximum.

use super::{ids, insert_attempts, lock_active, replace, wake};
use crate::retention::{ID_SLACK, first_id};
use chrono::{DateTime, Utc};
use entities::{endpoint, ids::DeliveryId};
use kernel::{UnitOfWork, events};
use platform::error::Result;
use sea_orm::{ConnectionTrait, Statement, Value};

/// Which deliveries to send again: those whose newest attempt that was made matches.
#[derive(Debug, Clone)]
pub struct ReplayFilter {
    /// How it ended.
    pub state: ReplayState,
    /// Only those of events of this type.
    pub kind: Option<String>,
    /// Only if the attempt was created at this time or later.
    pub after: Option<DateTime<Utc>>,
    /// Only if the attempt was created before this time.
    pub before: Option<DateTime<Utc>>,
}

/// How the newest attempt that was made has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplayState {
    /// It failed, and another is scheduled, which is replaced. One that was replaced itself does not count: its
    /// successor is due.
    Retrying,
    /// It failed, and none is scheduled.
    Failed,
}

/// The result of a replay with a maximum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replayed {
    /// The number of new attempts.
    pub enqueued: u64,
    /// Whether more deliveries match.
    pub capped: bool,
}

/// Sends matching deliveries again, the oldest events first, at most so many. Expired events do not match. `Conflict`
/// if the endpoint is not active.
pub async fn replay_matching(
    work: &UnitOfWork,
    endpoint: &endpoint::Model,
    filter: ReplayFilter,
    most: u64,
) -> Result<Replayed> {
    let endpoint = &lock_active(work, endpoint).await?;
    let (transaction, now) = (work.transaction().await?, work.now());
    let mut last = matching(&transaction, endpoint, &filter, most.saturating_add(1)).await?;
    let capped = last.len() as u64 > most;
    last.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    if filter.state == ReplayState::Retrying {
        last = replace(&transaction, &last, now).await?;
    }
    let enqueued = insert_attempts(&transaction, endpoint, &last, now).await?.len() as u64;
    wake(work, endpoint).await?;
    Ok(Replayed { enqueued, capped })
}

/// The last attempts of the matching deliveries, made or waiting.
async fn matching(
    transaction: &impl ConnectionTrait,
    endpoint: &endpoint::Model,
    filter: &ReplayFilter,
    most: u64,
) -> Result<Vec<DeliveryId>> {
    let select = match filter.state {
        ReplayState::Failed => FAILED,
        ReplayState::Retrying => RETRYING,
    };
    let domains = events::domains_sql(&endpoint.contract);
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut values = vec![endpoint.id.into(), most.into()];
    let more = conditions(filter, &mut values);
    let sql = format!(
        "{select} and d.endpoint_id = $1 and d.sequence > 0 and exists (
           select 1 from events e where e.id = d.event_id and e.domain in {domains})
         {more} order by d.sequence limit $2"
    );
    ids(transaction, Statement::from_sql_and_values(transaction.get_database_backend(), sql, values)).await
}

const FAILED: &str = "select d.id from deliveries d
  where d.state = 'failed' and not exists (
    select 1 from deliveries n
    where n.endpoint_id = d.endpoint_id and n.sequence = d.sequence and n.attempt > d.attempt)";

const RETRYING: &str = "select n.id from deliveries d join deliveries n
    on n.endpoint_id = d.endpoint_id and n.sequence = d.sequence and n.attempt = d.attempt + 1
  where d.state = 'retrying' and d.error_class <> 'replaced' and n.sent_at is null";

/// The optional conditions, after the values of the others.
fn conditions(filter: &ReplayFilter, values: &mut Vec<Value>) -> String {
    let mut all = vec![];
    let mut add = |condition: &str, value: Value| {
        values.push(value);
        all.push(format!("and {condition} ${}", values.len()));
    };
    if let Some(kind) = &filter.kind {
        add("(select e.type from events e where e.id = d.event_id) =", kind.as_str().into());
    }
    if let Some(after) = filter.after {
        add("d.created_at >=", after.into());
        add("d.id >=", first_id(after - ID_SLACK).into());
    }
    if let Some(before) = filter.before {
        add("d.created_at <", before.into());
        add("d.id <", first_id(before + ID_SLACK).into());
    }
    all.join(" ")
}
