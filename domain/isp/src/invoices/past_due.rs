//! Past due subscriptions: those of a customer with an overdue invoice are past due, and active again once there is
//! none. They are still delivered and charged, so their history does not change.

use crate::subscriptions::{Terms, payload};
use chrono::{DateTime, Utc};
use entities::{
    ids::CustomerId,
    invoice,
    subscription::{self, SubscriptionStatus},
};
use kernel::{
    UnitOfWork,
    events::{self, Actor},
};
use platform::{
    bulk::{self, SqlType},
    error::Result,
};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Maximum number of rows changed per transaction.
pub(super) const STEP: i64 = 500;

/// Marks unpaid invoices as overdue, and records `invoice.overdue`. At most [`STEP`].
pub(super) async fn overdue(work: &UnitOfWork) -> Result<usize> {
    let transaction = work.transaction().await?;
    let sql = "update invoices set status = 'OVERDUE', updated_at = $1
      where status = 'PENDING' and id in (
        select id from invoices where status = 'PENDING' and due_at < $1 order by due_at limit $2)
      returning *";
    let values = [work.now().into(), STEP.into()];
    let statement = Statement::from_sql_and_values(transaction.get_database_backend(), sql, values);
    let late = invoice::Model::find_by_statement(statement).all(&transaction).await?;
    let event = |after: &invoice::Model| {
        let before = invoice::Model { status: invoice::InvoiceStatus::Pending, ..after.clone() };
        let (actor, object) = (of(work, after.organization_id), (super::RESOURCE, after.id.0));
        events::change(&actor, "invoice.overdue", object, (&before, after), after.updated_at)
    };
    work.record(late.iter().map(event).collect::<Result<Vec<_>>>()?);
    Ok(late.len())
}

/// Marks active subscriptions of customers with an overdue invoice as past due. At most [`STEP`].
pub(super) async fn mark(work: &UnitOfWork) -> Result<usize> {
    let backend = work.transaction().await?.get_database_backend();
    let sql = "update subscriptions set status = 'PAST_DUE', updated_at = $1
      where status = 'ACTIVE' and id in (
        select s.id from invoices i join subscriptions s on s.customer_id = i.customer_id
        where i.status = 'OVERDUE' and s.status = 'ACTIVE' limit $2)
      returning *";
    let values = [work.now().into(), STEP.into()];
    let statement = Statement::from_sql_and_values(backend, sql, values);
    change(work, statement, SubscriptionStatus::Active).await
}

/// Marks past due subscriptions of customers without an overdue invoice as active. At most [`STEP`]. Finds those missed
/// by payments; there should be none.
pub(super) async fn clear_orphans(work: &UnitOfWork) -> Result<usize> {
    let backend = work.transaction().await?.get_database_backend();
    let sql = "update subscriptions set status = 'ACTIVE', updated_at = $1
      where status = 'PAST_DUE' and id in (
        select s.id from subscriptions s where s.status = 'PAST_DUE' and not exists (
          select 1 from invoices i where i.customer_id = s.customer_id and i.status = 'OVERDUE') limit $2)
      returning *";
    let values = [work.now().into(), STEP.into()];
    let statement = Statement::from_sql_and_values(backend, sql, values);
    change(work, statement, SubscriptionStatus::PastDue).await
}

/// Marks past due subscriptions of these customers as active if nothing is overdue.
pub(super) async fn clear(work: &UnitOfWork, customers: &[CustomerId]) -> Result<()> {
    #[derive(Serialize)]
    struct Customer {
        id: CustomerId,
    }
    let customers: Vec<_> = customers.iter().map(|id| Customer { id: *id }).collect();
    let transaction = work.transaction().await?;
    let sql = "update subscriptions set status = 'ACTIVE', updated_at = $2
      where status = 'PAST_DUE' and customer_id in (select id from {rows}) and not exists (
        select 1 from invoices i where i.customer_id = subscriptions.customer_id and i.status = 'OVERDUE')
      returning *";
    let now: DateTime<Utc> = work.now();
    let statement = bulk::statement(&transaction, sql, &[("id", SqlType::Uuid)], &customers, [now.into()])?;
    change(work, statement, SubscriptionStatus::PastDue).await.map(drop)
}

/// Runs the statement, and records `subscription.updated` for the returned rows; returns their number.
async fn change(work: &UnitOfWork, statement: Statement, before: SubscriptionStatus) -> Result<usize> {
    let transaction = work.transaction().await?;
    let changed = subscription::Model::find_by_statement(statement).all(&transaction).await?;
    let mut terms = BTreeMap::new();
    for organization in changed.iter().map(|row| row.organization_id).collect::<BTreeSet<_>>() {
        terms.insert(organization, Terms::of(&transaction, organization).await?);
    }
    for after in &changed {
        let Some(terms) = terms.get(&after.organization_id) else { continue };
        let (was, at) = (subscription::Model { status: before, ..after.clone() }, after.updated_at);
        let (actor, object) = (of(work, after.organization_id), ("subscription", after.id.0));
        let told = (&payload(&was, terms, at)?, &payload(after, terms, at)?);
        work.record([events::change(&actor, "subscription.updated", object, told, at)?]);
    }
    Ok(changed.len())
}

/// The actor, for an organization.
fn of(work: &UnitOfWork, organization: entities::ids::OrganizationId) -> Actor {
    Actor { organization, ..work.actor.clone() }
}
