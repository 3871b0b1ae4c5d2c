//! The attempts of one endpoint, in the order of their events, for its owner.

use crate::{contract::contract_info, test::TEST_SEQUENCE, wire};
use entities::{
    RawJson,
    delivery::{self, DeliveryState},
    endpoint, event,
};
use kernel::{Kernel, events};
use platform::{error::Result, paging::Page};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, JoinType, PaginatorTrait, QueryFilter,
    QueryOrder, QueryResult, QuerySelect, QueryTrait, Select, Statement,
    sea_query::{Alias, Expr, Func, Order, Query, SelectStatement, SubQueryStatement, UnionType},
};

/// An attempt with its event.
#[derive(Debug)]
pub struct Entry {
    /// The attempt.
    pub attempt: delivery::Model,
    /// The event's type; empty if the event has expired or its domain is not one of the contract's.
    pub kind: String,
    /// The body; an empty object once the event has expired.
    pub body: RawJson,
}

/// A page of an endpoint's attempts, newest events first; tests are sorted by time. `page` counts from 1. One
/// statement, and one more past the last page.
pub async fn attempts(
    kernel: &Kernel,
    endpoint: &endpoint::Model,
    state: Option<DeliveryState>,
    page: u64,
    limit: u64,
) -> Result<Page<Entry>> {
    let db = kernel.db.reader();
    let all = delivery::Entity::to(endpoint.id)
        .apply_if(state, |query, state| query.filter(delivery::Column::State.eq(state)));
    let statement = statement(db, &all, page, limit);
    let found = Found::find_by_statement(statement).all(db).await?;
    let total = match found.first() {
        Some(first) => u64::try_from(first.total).map_err(platform::Error::internal)?,
        None => all.count(db).await?,
    };
    let format = wire::format_of(contract_info(&endpoint.contract)?)?;
    let entry = |Found { attempt, event, .. }| {
        let is_received = |event: &event::Model| events::receives(&endpoint.contract, event.domain);
        let Some(event) = event.filter(is_received) else {
            return Ok(Entry { attempt, kind: String::new(), body: RawJson::default() });
        };
        let body = serde_json::from_slice(&format.body(&wire::Event::from(&event))?)?;
        Ok(Entry { attempt, kind: event.kind, body })
    };
    Ok(Page { items: found.into_iter().map(entry).collect::<Result<_>>()?, total })
}

/// A row of the page.
struct Found {
    attempt: delivery::Model,
    event: Option<event::Model>,
    total: i64,
}

impl FromQueryResult for Found {
    fn from_query_result(row: &QueryResult, _: &str) -> Result<Self, DbErr> {
        let attempt = delivery::Model::from_query_result(row, "A_")?;
        let event = event::Model::from_query_result_optional(row, "B_")?;
        Ok(Self { attempt, event, total: row.try_get("", "total")? })
    }
}

/// The page is found by index before the events are joined.
fn statement(db: &impl ConnectionTrait, all: &Select<delivery::Entity>, page: u64, limit: u64) -> Statement {
    use delivery::Column::{EventId, Id};
    let mut whole = all.clone().select_only().column(Id).into_query();
    let counted = Query::select()
        .expr(Expr::cust("count(*)"))
        .from_subquery(whole.clear_order_by().take(), "whole")
        .take();
    let ids = ids(all, page.saturating_sub(1).saturating_mul(limit), limit);
    let of = delivery::Entity::belongs_to(event::Entity).from(EventId).to(event::Column::Id);
    let found = delivery::Entity::find().filter(Id.in_subquery(ids));
    let mut page =
        in_order(found).join(JoinType::LeftJoin, of.into()).select_also(event::Entity).into_query();
    page.expr_as(Expr::SubQuery(None, Box::new(SubQueryStatement::SelectStatement(counted))), "total");
    db.get_database_backend().build(&page)
}

/// The page's ids: attempts of events in index order, and of tests, which are few, up to the end of the page.
fn ids(all: &Select<delivery::Entity>, offset: u64, limit: u64) -> SelectStatement {
    use delivery::Column::{Attempt, CreatedAt, Id, Sequence};
    let first = |some: Select<delivery::Entity>, name: &'static str| {
        let keys = some.select_only().columns([Id, Sequence, Attempt, CreatedAt]).column_as(place(), PLACE);
        let keys = keys.limit(offset.saturating_add(limit)).into_query();
        Query::select().expr(Expr::cust("*")).from_subquery(keys, name).take()
    };
    let mut merged = first(all.clone().filter(Sequence.gt(TEST_SEQUENCE)), "events");
    merged.union(UnionType::All, first(in_order(all.clone().filter(Sequence.eq(TEST_SEQUENCE))), "tests"));
    Query::select()
        .column(Id)
        .from_subquery(merged, "log")
        .order_by(Alias::new(PLACE), Order::Desc)
        .order_by(Sequence, Order::Asc)
        .order_by(Attempt, Order::Desc)
        .order_by(CreatedAt, Order::Desc)
        .order_by(Id, Order::Desc)
        .offset(offset)
        .limit(limit)
        .take()
}

const PLACE: &str = "place";

/// The sort key of an attempt: the number of its event; for a test, the last number before it.
fn place() -> Expr {
    let column = |column: delivery::Column| Expr::col((delivery::Entity, column));
    Func::coalesce([column(delivery::Column::AfterSequence), column(delivery::Column::Sequence)]).into()
}

/// Attempts by sort key, newest first.
pub fn in_order(all: Select<delivery::Entity>) -> Select<delivery::Entity> {
    use delivery::Column::{Attempt, CreatedAt, Id, Sequence};
    all.order_by_desc(place())
        .order_by_asc(Sequence)
        .order_by_desc(Attempt)
        .order_by_desc(CreatedAt)
        .order_by_desc(Id)
}
