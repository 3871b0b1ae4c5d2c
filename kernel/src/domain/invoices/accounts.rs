//! Reading what is to be billed: accounts within bounds of customers' ids, in two statements.

use super::sheet::{Account, Sheet, Terms, Unbilled};
use crate::{
    domain::{charges::Span, organizations, subscriptions},
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
}

/// Subscriptions of an organization ($1) that have begun before the month ended ($2) and had not ended when it
/// began ($3): a few more than were active in it.
const MAY_BE_CHARGED: &str =
    "s.organization_id = $1 and s.started_at < $2 and (s.ended_at is null or s.ended_at > $3)";

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
    let mut sheets = Sheets::default();
    for account in accounts(db, organization, terms, bounds).await? {
        match terms.sheet(&account)? {
            Some(Ok(sheet)) => sheets.billed.push(sheet),
            Some(Err(unbilled)) => sheets.unbilled.push(unbilled),
            None => {
                let idle = account.subscriptions.iter().map(|(id, _)| (account.customer, *id));
                sheets.idle.extend(idle);
            }
        }
    }
    Ok(sheets)
}

#[derive(FromQueryResult)]
struct Row {
    subscription_id: SubscriptionId,
    customer_id: CustomerId,
    state: Option<String>,
}

async fn accounts(
    db: &impl ConnectionTrait,
    organization: OrganizationId,
    terms: &Terms,
    bounds: Bounds,
) -> Result<Vec<Account>> {
    let sql = format!(
        "select s.id as subscription_id, s.customer_id, c.service_address->>'state' as state
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
    let mut histories = subscriptions::histories(db, rows.iter().map(|row| row.subscription_id)).await?;
    let mut accounts = Vec::<Account>::new();
    for Row { subscription_id, customer_id, state } in rows {
        let history = (subscription_id, histories.remove(&subscription_id).unwrap_or_default());
        match accounts.last_mut().filter(|last| last.customer == customer_id) {
            Some(account) => account.subscriptions.push(history),
            None => accounts.push(Account {
                customer: customer_id,
                state: state.unwrap_or_default(),
                subscriptions: vec![history],
            }),
        }
    }
    Ok(accounts)
}
