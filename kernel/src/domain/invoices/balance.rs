//! What a customer owes, and what will be asked of him next.

use super::Month;
use crate::{
    Kernel,
    domain::{
        charges::{charges, from_cents},
        customers, organizations, subscriptions,
    },
    error::{Error, Result},
};
use entities::{
    ids::{CustomerId, OrganizationId},
    payment, subscription,
};
use rust_decimal::Decimal;
use sea_orm::{ColumnTrait, ConnectionTrait, FromQueryResult, QueryFilter, Statement};

/// How a customer's account stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    /// Dollars owed on invoices; negative for credit.
    pub current: Decimal,
    /// Dollars that are on no invoice yet, before tax: what this month will be charged as things stand, and the
    /// month before until it has its invoice.
    pub pending: Decimal,
    /// The newest payment.
    pub last_payment: Option<payment::Model>,
}

/// The account of a customer of the organization.
pub async fn balance(kernel: &Kernel, organization: OrganizationId, id: CustomerId) -> Result<Balance> {
    let db = kernel.db.reader();
    customers::get(kernel, organization, id).await?;
    let zone = organizations::zone(db, organization).await?;
    let month = Month::of(kernel.clock.now(), &zone);
    let account = account(db, id, month.previous()).await?;
    // The month before waits for its run until it has its invoice.
    let months = if account.billed > 0 { vec![month] } else { vec![month.previous(), month] };
    let of = subscription::Entity::of(organization).filter(subscription::Column::CustomerId.eq(id));
    let ids: Vec<_> = of.all(db).await?.into_iter().map(|one| one.id).collect();
    let mut pending = from_cents(0);
    for history in subscriptions::histories(db, ids).await?.values() {
        pending += months.iter().map(|month| charges(history, *month, &zone).total()).sum::<Decimal>();
    }
    let last_payment = payment::Entity::of(organization, id).one(db).await?;
    Ok(Balance { current: from_cents(account.open - account.credit), pending, last_payment })
}

#[derive(FromQueryResult)]
struct Account {
    open: i64,
    credit: i64,
    billed: i64,
}

/// Cents owed and in credit, and how many invoices a month has.
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
