//! Applies payments: unapplied amounts go to open invoices, oldest first, and customers without overdue invoices are no
//! longer past due. Set-based: the number of statements does not depend on the number of customers.

use super::{RESOURCE, past_due};
use chrono::{DateTime, Utc};
use entities::{
    ids::{CustomerId, InvoiceId, PaymentId},
    invoice::{self, InvoiceStatus},
    payment::{self, Application, Applications},
};
use kernel::{
    UnitOfWork,
    events::{self, Actor},
};
use platform::{
    bulk::{self, SqlType},
    error::Result,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// Applies the customers' credit to their open invoices. The caller has created invoices for them in this transaction,
/// so no payment of theirs is in progress.
pub(super) async fn credit(work: &UnitOfWork, customers: impl Iterator<Item = CustomerId>) -> Result<()> {
    #[derive(Serialize)]
    struct Customer {
        id: CustomerId,
    }
    #[derive(FromQueryResult)]
    struct WithCredit {
        customer_id: CustomerId,
    }
    let customers: Vec<_> = customers.map(|id| Customer { id }).collect();
    let transaction = work.transaction().await?;
    let sql = "select distinct customer_id from payments
      where unapplied_cents > 0 and customer_id in (select id from {rows})";
    let statement = bulk::statement(&transaction, sql, &[("id", SqlType::Uuid)], &customers, [])?;
    let rich = WithCredit::find_by_statement(statement).all(&transaction).await?;
    let rich: Vec<_> = rich.into_iter().map(|row| row.customer_id).collect();
    if rich.is_empty() { Ok(()) } else { settle(work, &rich, None).await }
}

/// Applies the unapplied payments of these customers to their open invoices: to `first`, then to the oldest. Records
/// `invoice.paid` for each fully paid one. The caller excludes concurrent payments of these customers.
pub(super) async fn settle(
    work: &UnitOfWork,
    customers: &[CustomerId],
    first: Option<InvoiceId>,
) -> Result<()> {
    let now = work.now();
    let transaction = work.transaction().await?;
    let mut payments = unapplied(&transaction, customers).await?;
    let before = open(&transaction, customers).await?;
    let mut after = before.clone();
    after.sort_by_key(|invoice| (Some(invoice.id) != first, invoice.due_at, invoice.id));
    share(&mut payments, &mut after, now);
    write_payments(&transaction, &payments).await?;
    let before: BTreeMap<_, _> = before.into_iter().map(|invoice| (invoice.id, invoice)).collect();
    after.retain(|invoice| before[&invoice.id] != *invoice);
    write_invoices(&transaction, &after).await?;
    let paid = after.iter().filter(|invoice| invoice.status == InvoiceStatus::Paid);
    let event = |invoice: &invoice::Model| {
        let actor = Actor { organization: invoice.organization_id, ..work.actor.clone() };
        let states = (&before[&invoice.id], invoice);
        events::change(&actor, "invoice.paid", (RESOURCE, invoice.id.0), states, now)
    };
    work.record(paid.map(event).collect::<Result<Vec<_>>>()?);
    past_due::clear(work, customers).await
}

async fn unapplied(db: &impl ConnectionTrait, customers: &[CustomerId]) -> Result<Vec<payment::Model>> {
    let found = payment::Entity::find()
        .filter(payment::Column::CustomerId.is_in(customers.iter().copied()))
        .filter(payment::Column::UnappliedCents.gt(0))
        .order_by_asc(payment::Column::Id);
    Ok(found.all(db).await?)
}

async fn open(db: &impl ConnectionTrait, customers: &[CustomerId]) -> Result<Vec<invoice::Model>> {
    let found = invoice::Entity::find()
        .filter(invoice::Column::CustomerId.is_in(customers.iter().copied()))
        .filter(invoice::Column::Status.is_in([InvoiceStatus::Pending, InvoiceStatus::Overdue]))
        .order_by_asc(invoice::Column::Id)
        .lock_exclusive();
    Ok(found.all(db).await?)
}

/// Applies payments to invoices, both in order.
fn share(payments: &mut [payment::Model], invoices: &mut [invoice::Model], now: DateTime<Utc>) {
    for payment in payments {
        for invoice in invoices.iter_mut().filter(|invoice| invoice.customer_id == payment.customer_id) {
            let cents = payment.unapplied_cents.min(invoice.total_cents - invoice.paid_cents);
            if cents <= 0 {
                continue;
            }
            payment.unapplied_cents -= cents;
            payment.applied.0.push(Application { invoice_id: invoice.id, cents });
            invoice.paid_cents += cents;
            invoice.payment_method = Some(payment.method.clone());
            invoice.updated_at = now;
            if invoice.paid_cents == invoice.total_cents {
                (invoice.status, invoice.paid_at) = (InvoiceStatus::Paid, Some(now));
            }
        }
    }
}

async fn write_payments(db: &impl ConnectionTrait, payments: &[payment::Model]) -> Result<()> {
    #[derive(Serialize)]
    struct Row {
        id: PaymentId,
        unapplied_cents: i64,
        applied: Applications,
    }
    let row = |payment: &payment::Model| Row {
        id: payment.id,
        unapplied_cents: payment.unapplied_cents,
        applied: payment.applied.clone(),
    };
    let changed: Vec<_> = payments.iter().map(row).collect();
    let fields = &[("id", SqlType::Uuid), ("unapplied_cents", SqlType::Int), ("applied", SqlType::Json)];
    let sql = "update payments set unapplied_cents = r.unapplied_cents, applied = r.applied
      from {rows} where payments.id = r.id";
    db.execute_raw(bulk::statement(db, sql, fields, &changed, [])?).await?;
    Ok(())
}

async fn write_invoices(db: &impl ConnectionTrait, invoices: &[invoice::Model]) -> Result<()> {
    let fields = &[
        ("id", SqlType::Uuid),
        ("paid_cents", SqlType::Int),
        ("status", SqlType::Text),
        ("paid_at", SqlType::Time),
        ("payment_method", SqlType::Text),
        ("updated_at", SqlType::Time),
    ];
    let sql = "update invoices set paid_cents = r.paid_cents, status = r.status, paid_at = r.paid_at,
        payment_method = r.payment_method, updated_at = r.updated_at
      from {rows} where invoices.id = r.id";
    db.execute_raw(bulk::statement(db, sql, fields, &invoices, [])?).await?;
    Ok(())
}
