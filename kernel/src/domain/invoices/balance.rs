//! What a customer owes, and what will be asked of him next.

use super::Month;
use crate::{
    Kernel,
    domain::{
        charges::{Change, History, Kind, State, charges, from_cents},
        customers, organizations, subscriptions,
    },
    error::{Error, Result},
};
use chrono::{DateTime, Utc};
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
    /// Dollars of what was used and is on no invoice yet, before tax.
    pub pending: Decimal,
    /// The newest payment.
    pub last_payment: Option<payment::Model>,
}

/// The account of a customer of the organization.
pub async fn balance(kernel: &Kernel, organization: OrganizationId, id: CustomerId) -> Result<Balance> {
    let db = kernel.db.reader();
    customers::get(kernel, organization, id).await?;
    let zone = organizations::zone(db, organization).await?;
    let now = kernel.clock.now();
    let month = Month::of(now, &zone);
    let account = account(db, id, month.previous()).await?;
    // The month before waits for its run until it has its invoice.
    let months = if account.billed > 0 { vec![month] } else { vec![month.previous(), month] };
    let of = subscription::Entity::of(organization).filter(subscription::Column::CustomerId.eq(id));
    let ids: Vec<_> = of.all(db).await?.into_iter().map(|one| one.id).collect();
    let mut pending = from_cents(0);
    for history in subscriptions::histories(db, ids).await?.values() {
        let until_now = until(history, now)?;
        pending += months.iter().map(|month| charges(&until_now, *month, &zone).total()).sum::<Decimal>();
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

/// A history as if the subscription ended now: what is planned is left out.
fn until(history: &History, now: DateTime<Utc>) -> Result<History> {
    let past = history.changes().iter().filter(|change| change.at <= now).cloned().collect();
    let past = History::new(past).map_err(Error::internal)?;
    match past.state(now) {
        State::Ended => Ok(past),
        _ => past.with(Change { at: now, kind: Kind::Ended }).map_err(Error::internal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::charges::{Activation, Plan, Zone};

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_pending_grows_with_the_month_and_not_with_plans_for_it() {
        let plan = Plan { name: "Fiber".into(), price: "300".parse().unwrap() };
        let activated = Kind::Activated(Activation { plan, fee: Decimal::ZERO, promotion: None });
        let changes = vec![
            Change { at: at("2026-11-01T00:00:00Z"), kind: activated },
            Change { at: at("2026-11-20T00:00:00Z"), kind: Kind::Suspended },
        ];
        let (history, zone): (_, Zone) = (History::new(changes).unwrap(), "UTC".parse().unwrap());
        let pending =
            |now| charges(&until(&history, at(now)).unwrap(), "2026-11".parse().unwrap(), &zone).total();
        for (now, dollars) in [
            ("2026-10-31T00:00:00Z", "0"),
            ("2026-11-01T00:00:00Z", "0"),
            ("2026-11-11T00:00:00Z", "100"),
            ("2026-11-25T00:00:00Z", "190"),
        ] {
            assert_eq!(pending(now), dollars.parse().unwrap(), "{now}");
        }
    }
}
