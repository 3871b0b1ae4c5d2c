//! Balances: what a customer owes, and pending charges.

use super::{
    Month,
    arrears::{self, ENTERED_AT, Entry},
};
use crate::{
    charges::{charges, from_cents},
    customers,
    subscriptions::{self, Planned},
};
use entities::{
    ids::{CustomerId, OrganizationId},
    payment,
};
use kernel::{Kernel, organizations};
use platform::error::{Error, Result};
use rust_decimal::Decimal;
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use std::collections::BTreeSet;

/// The balance of a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    /// Dollars owed on invoices; negative for credit.
    pub current: Decimal,
    /// Dollars not invoiced yet, before tax: the current month's charge so far as known, the previous month's until it
    /// is invoiced, and arrears.
    pub pending: Decimal,
    /// The latest payment.
    pub last_payment: Option<payment::Model>,
}

/// The balance of a customer of the organization.
pub async fn balance(kernel: &Kernel, organization: OrganizationId, id: CustomerId) -> Result<Balance> {
    let db = kernel.db.reader();
    customers::get(kernel, organization, id).await?;
    let zone = organizations::zone(db, organization).await?;
    let month = Month::of(kernel.clock.now(), &zone);
    let account = account(db, id, month.previous()).await?;
    // The previous month is pending until it is invoiced.
    let months = if account.billed > 0 { vec![month] } else { vec![month.previous(), month] };
    let entries = entries(db, organization, id).await?;
    let billed = arrears::Billed::of(db, organization, (&entries, &zone), month).await?;
    let ids = entries.iter().map(|entry| entry.subscription_id);
    let histories = subscriptions::histories(db, ids, Planned::Count).await?;
    let mut pending = from_cents(0);
    for entry in &entries {
        let Some(history) = histories.get(&entry.subscription_id) else { continue };
        let late = billed.to_charge(entry, month, &zone);
        let all: BTreeSet<_> = late.into_iter().chain(months.iter().copied()).collect();
        pending += all.into_iter().map(|month| charges(history, month, &zone).total()).sum::<Decimal>();
    }
    let last_payment = payment::Entity::of(organization, id).one(db).await?;
    Ok(Balance { current: from_cents(account.open - account.credit), pending, last_payment })
}

/// The customer's billed subscriptions.
async fn entries(
    db: &impl ConnectionTrait,
    organization: OrganizationId,
    customer: CustomerId,
) -> Result<Vec<Entry>> {
    let sql = format!(
        "select s.id as subscription_id, s.customer_id, s.started_at, {ENTERED_AT}
         from subscriptions s join organizations o on o.id = s.organization_id
         where s.organization_id = $1 and s.customer_id = $2 and (s.sandbox = false or o.sandbox) order by s.id"
    );
    let values = [organization.into(), customer.into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(Entry::find_by_statement(statement).all(db).await?)
}

#[derive(FromQueryResult)]
struct Account {
    open: i64,
    credit: i64,
    billed: i64,
}

/// Cents owed and in credit, and the number of invoices of a month.
async fn account(db: &impl ConnectionTrait, customer: CustomerId, month: Month) -> Result<Account> {
    let sql = "select
        (select cast(coalesce(sum(total_cents - paid_cents), 0) as bigint) from invoices
          where customer_id = $1 and status in ('PENDING', 'OVERDUE')) as open,
        (select cast(coalesce(sum(unapplied_cents), 0) as bigint) from payments
          where customer_id = $1 and unapplied_cents > 0) as credit,
        (select count(*) from invoices where customer_id = $1 and month = $2 and status <> 'VOID') as billed";
    let values = [customer.into(), month.to_string().into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let found = Account::find_by_statement(statement).one(db).await?;
    found.ok_or_else(|| Error::internal("no sums"))
}
