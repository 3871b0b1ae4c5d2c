//! The attempts of all endpoints that a contract shows, newest first, without the bodies.
//!
//! They are sorted by id, that is by the time of their creation, so a page that begins after an id stays as it is while
//! attempts are added and recorded. The newest of each endpoint are found by the index `deliveries_by_id`, and merged.

use crate::retention::{ID_SLACK, first_id};
use chrono::{DateTime, Utc};
use entities::{
    delivery::{self, DeliveryState},
    endpoint, event,
    ids::{DeliveryId, EndpointId, EventId, OrganizationId},
};
use kernel::{
    Kernel,
    contracts::{self, ContractInfo},
    events,
};
use platform::error::{Error, Result};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, Select,
    sea_query::{Expr, ExprTrait, Query, SelectStatement, UnionType},
};
use std::collections::HashMap;

/// Which attempts to list; by default all.
#[derive(Debug, Clone, Default)]
pub struct LogFilter {
    /// Only those for this endpoint.
    pub endpoint: Option<EndpointId>,
    /// Only those in this state.
    pub state: Option<DeliveryState>,
    /// Only those of events of this type.
    pub kind: Option<String>,
    /// Only those created at this time or later.
    pub after: Option<DateTime<Utc>>,
    /// Only those created before this time.
    pub before: Option<DateTime<Utc>>,
    /// Only those older than this one: the last of the previous page.
    pub before_id: Option<DeliveryId>,
}

/// An attempt with the type of its event.
#[derive(Debug)]
pub struct LogEntry {
    /// The attempt.
    pub attempt: delivery::Model,
    /// The event's type; empty if the event has expired or its domain is not one of the contract's.
    pub kind: String,
    /// When it will be made, if it is pending; if it has failed and the next one is pending, when that will be made.
    pub next_attempt_at: Option<DateTime<Utc>>,
}

/// The newest attempts for the organization's endpoints of the contract, newest first; none for deleted endpoints.
pub async fn log(
    kernel: &Kernel,
    organization: OrganizationId,
    contract: &str,
    filter: LogFilter,
    limit: u64,
) -> Result<Vec<LogEntry>> {
    let db = kernel.db.reader();
    let endpoints = endpoint::Entity::shown_by(organization, contract);
    let endpoints = endpoints.apply_if(filter.endpoint, |all, id| all.filter(endpoint::Column::Id.eq(id)));
    let endpoints: Vec<EndpointId> =
        endpoints.select_only().column(endpoint::Column::Id).into_tuple().all(db).await?;
    let mut ids = vec![];
    for some in endpoints.chunks(AT_ONCE) {
        let all = some.iter().map(|id| matching(*id, contract, &filter));
        ids.extend(newest(db, all, limit).await?);
    }
    ids.sort_unstable_by(|one, other| other.cmp(one));
    ids.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    entries(db, contract, ids).await
}

/// One attempt. `NotFound` if it is not for one of these endpoints.
pub async fn log_entry(
    kernel: &Kernel,
    organization: OrganizationId,
    contract: &str,
    id: DeliveryId,
) -> Result<LogEntry> {
    const MISSING: Error = Error::NotFound("Delivery");
    let db = kernel.db.reader();
    let entry = entries(db, contract, vec![id]).await?.pop().ok_or(MISSING)?;
    let endpoint = endpoint::Column::Id.eq(entry.attempt.endpoint_id);
    let endpoint = endpoint::Entity::shown_by(organization, contract).filter(endpoint).one(db).await?;
    endpoint.map(|_| entry).ok_or(MISSING)
}

/// Number of endpoints per statement: SQLite combines at most 500 selects.
const AT_ONCE: usize = 100;

/// The attempts for an endpoint, in no order.
fn matching(endpoint: EndpointId, contract: &str, filter: &LogFilter) -> Select<delivery::Entity> {
    use delivery::Column::{EndpointId, Id, State};
    delivery::Entity::find()
        .filter(EndpointId.eq(endpoint))
        .apply_if(filter.state, |all, state| all.filter(State.eq(state)))
        .apply_if(filter.after, created_since)
        .apply_if(filter.before, created_before)
        .apply_if(filter.before_id, |all, id| all.filter(Id.lt(id)))
        .apply_if(filter.kind.as_deref(), |all, kind| all.filter(Expr::exists(of_kind(contract, kind))))
}

/// The ids bound what is read of the index.
fn created_since(all: Select<delivery::Entity>, at: DateTime<Utc>) -> Select<delivery::Entity> {
    use delivery::Column::{CreatedAt, Id};
    all.filter(CreatedAt.gte(at)).filter(Id.gte(first_id(at - ID_SLACK)))
}

fn created_before(all: Select<delivery::Entity>, at: DateTime<Utc>) -> Select<delivery::Entity> {
    use delivery::Column::{CreatedAt, Id};
    all.filter(CreatedAt.lt(at)).filter(Id.lt(first_id(at + ID_SLACK)))
}

/// The event of the attempt, if it is of this type and shown by the contract.
fn of_kind(contract: &str, kind: &str) -> SelectStatement {
    use event::Column::{Domain, Id, Kind};
    let domains = contracts::find(contract).map(ContractInfo::domains);
    event::Entity::find()
        .select_only()
        .column(Id)
        .filter(Expr::col((event::Entity, Id)).equals((delivery::Entity, delivery::Column::EventId)))
        .filter(Kind.eq(kind))
        .filter(Domain.is_in(domains.into_iter().flatten()))
        .into_query()
}

#[derive(FromQueryResult)]
struct IdRow {
    id: DeliveryId,
}

/// The newest of each, by the index.
async fn newest(
    db: &impl ConnectionTrait,
    each: impl Iterator<Item = Select<delivery::Entity>>,
    limit: u64,
) -> Result<Vec<DeliveryId>> {
    let first = |all: Select<delivery::Entity>| {
        let ids = all.select_only().column(delivery::Column::Id).order_by_desc(delivery::Column::Id);
        Query::select().expr(Expr::cust("*")).from_subquery(ids.limit(limit).into_query(), "newest").take()
    };
    let merged = each.map(first).reduce(|mut all, next| all.union(UnionType::All, next).take());
    let Some(merged) = merged else { return Ok(vec![]) };
    let found = IdRow::find_by_statement(db.get_database_backend().build(&merged)).all(db).await?;
    Ok(found.into_iter().map(|row| row.id).collect())
}

/// These attempts, newest first.
async fn entries(db: &impl ConnectionTrait, contract: &str, ids: Vec<DeliveryId>) -> Result<Vec<LogEntry>> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    let of =
        delivery::Entity::belongs_to(event::Entity).from(delivery::Column::EventId).to(event::Column::Id);
    let found = delivery::Entity::find()
        .filter(delivery::Column::Id.is_in(ids))
        .order_by_desc(delivery::Column::Id)
        .join(sea_orm::JoinType::LeftJoin, of.into())
        .select_also(event::Entity)
        .all(db)
        .await?;
    let next = next(db, found.iter().map(|(attempt, _)| attempt)).await?;
    let entry = |(attempt, event): (delivery::Model, Option<event::Model>)| {
        let event = event.filter(|event| events::receives(contract, event.domain));
        let next_attempt_at = match attempt.state {
            DeliveryState::Pending => Some(attempt.due_at),
            DeliveryState::Retrying => next.get(&key(&attempt, attempt.attempt + 1)).copied(),
            DeliveryState::Success | DeliveryState::Failed => None,
        };
        LogEntry { kind: event.map(|event| event.kind).unwrap_or_default(), attempt, next_attempt_at }
    };
    Ok(found.into_iter().map(entry).collect())
}

/// An endpoint, an event, and the number of an attempt.
type Key = (EndpointId, EventId, i32);

fn key(attempt: &delivery::Model, number: i32) -> Key {
    (attempt.endpoint_id, attempt.event_id, number)
}

/// The times of the pending attempts for the events of those that are retried.
async fn next(
    db: &impl ConnectionTrait,
    all: impl Iterator<Item = &delivery::Model>,
) -> Result<HashMap<Key, DateTime<Utc>>> {
    let events = all.filter(|it| it.state == DeliveryState::Retrying).map(|it| it.event_id);
    let events: Vec<_> = events.collect();
    if events.is_empty() {
        return Ok(HashMap::new());
    }
    let waiting = delivery::Entity::find()
        .filter(delivery::Column::EventId.is_in(events))
        .filter(delivery::Column::SentAt.is_null());
    let waiting = waiting.all(db).await?;
    Ok(waiting.iter().map(|it| (key(it, it.attempt), it.due_at)).collect())
}
