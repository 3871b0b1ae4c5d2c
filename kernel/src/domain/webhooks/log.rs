//! The log of attempts, as an endpoint's owner reads it.

use crate::{Kernel, domain::paging::Page, error::Result, events, webhooks};
use entities::{
    Document,
    delivery::{self, DeliveryState},
    endpoint, event,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, JoinType, PaginatorTrait, QueryFilter,
    QueryOrder, QueryResult, QuerySelect, QueryTrait, Select, Statement,
    sea_query::{Expr, Query, SubQueryStatement},
};

/// An attempt with what it tells.
#[derive(Debug)]
pub struct Entry {
    /// The attempt.
    pub attempt: delivery::Model,
    /// The event's type; empty once the event is not kept any more, and for one that the contract does not hear.
    pub kind: String,
    /// The body; an empty object once the event is not kept any more.
    pub body: Document,
}

/// A page of an endpoint's attempts, those of the newest events first. `page` counts from 1. One statement, and one
/// more past the last page.
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
        Some(first) => u64::try_from(first.total).map_err(crate::Error::internal)?,
        None => all.count(db).await?,
    };
    let form = super::endpoints::form(&endpoint.contract)?;
    let entry = |Found { attempt, event, .. }| {
        let is_received = |event: &event::Model| events::receives(&endpoint.contract, event.domain);
        let Some(event) = event.filter(is_received) else {
            return Ok(Entry { attempt, kind: String::new(), body: Document::default() });
        };
        let body = serde_json::from_slice(&form.body(&webhooks::Event::from(&event))?)?;
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

/// The page is found by index, and only then looked up what its attempts tell of.
fn statement(db: &impl ConnectionTrait, all: &Select<delivery::Entity>, page: u64, limit: u64) -> Statement {
    use delivery::Column::{Attempt, EventId, Id, Sequence};
    let ids = all.clone().select_only().column(Id);
    let mut whole = ids.clone().into_query();
    let counted = Query::select()
        .expr(Expr::cust("count(*)"))
        .from_subquery(whole.clear_order_by().take(), "whole")
        .take();
    let ids = ids.offset(page.saturating_sub(1).saturating_mul(limit)).limit(limit).into_query();
    let of = delivery::Entity::belongs_to(event::Entity).from(EventId).to(event::Column::Id);
    let mut page = delivery::Entity::find()
        .filter(Id.in_subquery(ids))
        .order_by_desc(Sequence)
        .order_by_desc(Attempt)
        .join(JoinType::LeftJoin, of.into())
        .select_also(event::Entity)
        .into_query();
    page.expr_as(Expr::SubQuery(None, Box::new(SubQueryStatement::SelectStatement(counted))), "total");
    db.get_database_backend().build(&page)
}
