//! Reads what to bill: the accounts of a range of customers, in two statements.

use super::{
    arrears::{self, ENTERED_AT, Entry},
    draft::{Account, InvoiceDraft, Subscription, Terms, Unbilled},
};
use crate::{
    charges::TimeRange,
    subscriptions::{self, Planned},
};
use entities::ids::{CustomerId, OrganizationId, SubscriptionId};
use kernel::organizations;
use platform::error::Result;
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};
use uuid::Uuid;

/// A range of customer ids.
#[derive(Debug, Clone, Copy, Default)]
pub struct CustomerRange {
    /// Exclusive start, if any.
    pub after: Option<CustomerId>,
    /// Inclusive end, if any.
    pub until: Option<CustomerId>,
}

/// The ranges that cover all customers who may be charged, and their number.
#[derive(Debug, Clone)]
pub(super) struct Batches {
    /// The ranges with their numbers of customers.
    pub bounds: Vec<(CustomerRange, i64)>,
    pub customers: i64,
}

/// The drafts of a batch.
#[derive(Debug, Clone, Default)]
pub(super) struct InvoiceDrafts {
    pub billed: Vec<InvoiceDraft>,
    pub unbilled: Vec<Unbilled>,
    /// Customers and subscriptions that were not active in the month.
    pub idle: Vec<(CustomerId, SubscriptionId)>,
    /// What was billed of months in arrears.
    pub arrears: arrears::Billed,
}

/// Subscriptions of an organization ($1) that started before the end of the month ($2) and had not ended at its start
/// ($3): a superset of those active in it. Orders of a sandbox credential are charged only in a sandbox.
const MAY_BE_CHARGED: &str =
    "s.organization_id = $1 and s.started_at < $2 and (s.ended_at is null or s.ended_at > $3)
     and (s.sandbox = false or exists (select 1 from organizations o where o.id = s.organization_id and o.sandbox))";

/// The number of subscriptions not charged for the span because a sandbox credential ordered them.
pub(super) async fn sandboxed(
    db: &impl ConnectionTrait,
    organization: OrganizationId,
    span: TimeRange,
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

fn values(organization: OrganizationId, TimeRange { from, to }: TimeRange) -> Vec<Value> {
    vec![organization.into(), to.into(), from.into()]
}

/// Splits all customers who may be charged for a span into batches of a size; the last has no upper bound, so that it
/// includes new customers.
pub(super) async fn batches(
    db: &impl ConnectionTrait,
    organization: OrganizationId,
    span: TimeRange,
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
        (CustomerRange { after, until }, place - last)
    };
    let bounds = cuts.iter().map(bound).collect();
    Ok(Batches { bounds, customers })
}

/// The terms of all runs of an organization for a month.
pub(super) async fn terms(
    db: &impl ConnectionTrait,
    organization: OrganizationId,
    month: super::Month,
) -> Result<Terms> {
    let zone = organizations::zone(db, organization).await?;
    Ok(Terms { month, zone, rates: super::taxes::rates(db, organization).await? })
}

/// The drafts for the customers of a range without an invoice for the month.
pub(super) async fn drafts(
    db: &impl ConnectionTrait,
    organization: OrganizationId,
    terms: &Terms,
    bounds: CustomerRange,
) -> Result<InvoiceDrafts> {
    let (accounts, arrears) = accounts(db, organization, terms, bounds).await?;
    let mut drafts = InvoiceDrafts { arrears, ..InvoiceDrafts::default() };
    for account in accounts {
        match terms.draft(&account)? {
            Some(Ok(draft)) => drafts.billed.push(draft),
            Some(Err(unbilled)) => drafts.unbilled.push(unbilled),
            None => {
                let idle = account.subscriptions.iter().map(|it| (account.customer, it.id));
                drafts.idle.extend(idle);
            }
        }
    }
    Ok(drafts)
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
    bounds: CustomerRange,
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
