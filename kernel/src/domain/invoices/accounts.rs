//! Reading what is to be billed: accounts within bounds of customers' ids, in two statements.

use super::{
    arrears::{self, ENTERED_AT, Entry},
    sheet::{Account, Sheet, Subscription, Terms, Unbilled},
};
use crate::{
    domain::{
        charges::Span,
        organizations,
        subscriptions::{self, Planned},
    },
    error::Result,
};
use entities::ids::{CustomerId, OrganizationId, SubscriptionId};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};
use uuid::Uuid;

/// Customers whose ids lie after one and not after another; none: without that bound.
#[derive(Debug, Clone, Copy, Default)]
pub struct Bounds {
    /// After this one.
    pub after: Option<CustomerId>,
    /// Up to this one, included.
    pub until: Option<CustomerId>,
}

/// The bounds of batches that share all customers who may be charged, and how many those are.
#[derive(Debug, Clone)]
pub(super) struct Batches {
    /// With how many customers each has.
    pub bounds: Vec<(Bounds, i64)>,
    pub customers: i64,
}

/// What a batch comes to.
#[derive(Debug, Clone, Default)]
pub(super) struct Sheets {
    pub billed: Vec<Sheet>,
    pub unbilled: Vec<Unbilled>,
    /// Customers whose subscriptions were not active in the month, with these.
    pub idle: Vec<(CustomerId, SubscriptionId)>,
    /// What was known of months that are charged late.
    pub arrears: arrears::Billed,
}

/// Subscriptions of an organization ($1) that have begun before the month ended ($2) and had not ended when it
/// began ($3): a few more than were active in it. What a sandbox credential has ordered is charged in a sandbox alone.
const MAY_BE_CHARGED: &str =
    "s.organization_id = $1 and s.started_at < $2 and (s.ended_at is null or s.ended_at > $3)
     and (s.sandbox = false or exists (select 1 from organizations o where o.id = s.organization_id and o.sandbox))";

/// How many subscriptions are not charged for the span since a sandbox credential has ordered them.
pub(super) async fn sandboxed(
    db: &impl ConnectionTrait,
    organization: OrganizationId,
    span: Span,
) -> Result<i64> {
    let sql =
        "select count(*) as sandboxed from subscriptions s join organizations o on o.id = s.organization_id
      where s.organization_id = $1 and s.started_at < $2 and (s.ended_at is null or s.ended_at > $3)
        and s.sandbox and not o.sandbox";
    let values = values(organization, span);
    let row =
        db.query_one_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
    Ok(row.map_or(Ok(0), |row| row.try_get("", "sandboxed"))?)
}

fn values(organization: OrganizationId, Span { from, to }: Span) -> Vec<Value> {
    vec![organization.into(), to.into(), from.into()]
}

/// Cuts all customers who may be charged for a span into batches of a size; the last has no upper bound, so
/// that nobody who comes meanwhile is left out.
pub(super) async fn batches(
    db: &impl ConnectionTrait,
    organization: OrganizationId,
    span: Span,
    size: usize,
) -> Result<Batches> {
    #[derive(FromQueryResult)]
    struct Cut {
        customer_id: CustomerId,
        place: i64,
    }
    let sql = format!(
        "select customer_id, place from (
           select customer_id, row_number() over (order by customer_id) as place, count(*) over () as customers
           from (select distinct customer_id from subscriptions s where {MAY_BE_CHARGED}) c) numbered
         where place % $4 = 0 or place = customers order by place"
    );
    let size = i64::try_from(size).unwrap_or(i64::MAX);
    let values = values(organization, span).into_iter().chain([size.into()]);
    let cuts = Cut::find_by_statement(Statement::from_sql_and_values(db.get_database_backend(), sql, values));
    let cuts = cuts.all(db).await?;
    let customers = cuts.last().map_or(0, |cut| cut.place);
    let mut before = (None, 0);
    let bound = |Cut { customer_id, place }: &Cut| {
        let (after, last) = std::mem::replace(&mut before, (Some(*customer_id), *place));
        let until = before.0.filter(|_| *place < customers);
        (Bounds { after, until }, place - last)
    };
    let bounds = cuts.iter().map(bound).collect();
    Ok(Batches { bounds, customers })
}

/// What all runs of an organization for a month are made by.
pub(super) async fn terms(
    db: &impl ConnectionTrait,
    organization: OrganizationId,
    month: super::Month,
) -> Result<Terms> {
    let zone = organizations::zone(db, organization).await?;
    Ok(Terms { month, zone, rates: super::taxes::rates(db, organization).await? })
}

/// What the customers within bounds are to be charged who have no invoice of the month yet.
pub(super) async fn sheets(
    db: &impl ConnectionTrait,
    organization: OrganizationId,
    terms: &Terms,
    bounds: Bounds,
) -> Result<Sheets> {
    let (accounts, arrears) = accounts(db, organization, terms, bounds).await?;
    let mut sheets = Sheets { arrears, ..Sheets::default() };
    for account in accounts {
        match terms.sheet(&account)? {
            Some(Ok(sheet)) => sheets.billed.push(sheet),
            Some(Err(unbilled)) => sheets.unbilled.push(unbilled),
            None => {
                let idle = account.subscriptions.iter().map(|it| (account.customer, it.id));
                sheets.idle.extend(idle);
            }
        }
    }
    Ok(sheets)
}

#[derive(FromQueryResult)]
struct Row {
    #[sea_orm(nested)]
    entry: Entry,
    state: Option<String>,
}

async fn accounts(
    db: &impl ConnectionTrait,
    organization: OrganizationId,
    terms: &Terms,
    bounds: Bounds,
) -> Result<(Vec<Account>, arrears::Billed)> {
    let sql = format!(
        "select s.id as subscription_id, s.customer_id, s.started_at, {ENTERED_AT},
           c.service_address->>'state' as state
         from subscriptions s join customers c on c.id = s.customer_id
         where {MAY_BE_CHARGED} and s.customer_id > $4 and s.customer_id <= $5
           and not exists (select 1 from invoices i
             where i.customer_id = s.customer_id and i.month = $6 and i.status <> 'VOID')
         order by s.customer_id, s.id"
    );
    let after = bounds.after.map_or(Uuid::nil(), |id| id.0);
    let until = bounds.until.map_or(Uuid::max(), |id| id.0);
    let more = [after.into(), until.into(), terms.month.to_string().into()];
    let values = values(organization, terms.month.span(&terms.zone)).into_iter().chain(more);
    let rows = Row::find_by_statement(Statement::from_sql_and_values(db.get_database_backend(), sql, values));
    let rows = rows.all(db).await?;
    let ids = rows.iter().map(|row| row.entry.subscription_id);
    let mut histories = subscriptions::histories(db, ids, Planned::Wait).await?;
    let entries: Vec<_> = rows.iter().map(|row| row.entry.clone()).collect();
    let billed = arrears::Billed::of(db, organization, (&entries, &terms.zone), terms.month).await?;
    let mut accounts = Vec::<Account>::new();
    for Row { entry, state } in rows {
        let (id, customer) = (entry.subscription_id, entry.customer_id);
        let history = histories.remove(&id).unwrap_or_default();
        let months = billed.to_charge(&entry, terms.month, &terms.zone);
        let subscription = Subscription { id, history, months };
        match accounts.last_mut().filter(|last| last.customer == customer) {
            Some(account) => account.subscriptions.push(subscription),
            None => accounts.push(Account {
                customer,
                state: state.unwrap_or_default(),
                subscriptions: vec![subscription],
            }),
        }
    }
    Ok((accounts, billed))
}
