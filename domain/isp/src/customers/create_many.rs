//! Creates many customers in two statements: the rows and their events.

use super::{NewCustomer, email_key, event, model};
use chrono::{DateTime, Utc};
use engine::ledger::PendingPush;
use entities::{
    customer,
    ids::{CustomerId, OrganizationId},
};
use kernel::events::{self, Actor};
use platform::{
    bulk::{self, SqlType},
    error::Result,
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde::Serialize;
use std::collections::HashSet;

/// A row of a bulk request or file: its position and customer.
pub type Row = (u64, NewCustomer);

const FIELDS: &bulk::Fields = &[
    ("id", SqlType::Uuid),
    ("organization_id", SqlType::Uuid),
    ("email", SqlType::Text),
    ("email_key", SqlType::Text),
    ("first_name", SqlType::Text),
    ("last_name", SqlType::Text),
    ("phone", SqlType::Text),
    ("type", SqlType::Text),
    ("company_name", SqlType::Text),
    ("status", SqlType::Text),
    ("service_address", SqlType::Json),
    ("billing_address", SqlType::Json),
    ("metadata", SqlType::Json),
    ("created_at", SqlType::Time),
    ("updated_at", SqlType::Time),
];

#[derive(FromQueryResult)]
struct Inserted {
    id: CustomerId,
}

/// Creates the customers with one event each in the caller's transaction. Returns the positions of rows skipped because
/// the organization has the e-mail address, possibly from an earlier row, and what to push after the commit.
pub async fn create_many(
    transaction: &impl ConnectionTrait,
    actor: &Actor,
    rows: Vec<Row>,
    now: DateTime<Utc>,
) -> Result<(HashSet<u64>, PendingPush)> {
    let (places, mut models): (Vec<_>, Vec<_>) =
        rows.into_iter().map(|(place, new)| (place, model(actor.organization, new, now))).unzip();
    let places: Vec<_> = places.into_iter().zip(models.iter().map(|model| model.id)).collect();
    // A global order, to avoid deadlocks between transactions with the same addresses. The sort is stable, so the first
    // of two equal rows wins.
    models.sort_by(|a, b| a.email_key.cmp(&b.email_key));
    let inserted = insert(transaction, &models).await?;
    let created = models.iter().filter(|model| inserted.contains(&model.id));
    let events = created.map(|model| event(actor, "customer.created", model)).collect::<Result<Vec<_>>>()?;
    let pushes = events::record(transaction, &events).await?;
    let left_out = places.into_iter().filter(|(_, id)| !inserted.contains(id));
    Ok((left_out.map(|(place, _)| place).collect(), pushes))
}

async fn insert(
    transaction: &impl ConnectionTrait,
    models: &[customer::Model],
) -> Result<HashSet<CustomerId>> {
    let sql = "insert into customers ({columns}) select {columns} from {rows} where true
      on conflict (organization_id, email_key) do nothing returning id";
    let statement = bulk::statement(transaction, sql, FIELDS, &models, [])?;
    let inserted = Inserted::find_by_statement(statement).all(transaction).await?;
    Ok(inserted.into_iter().map(|row| row.id).collect())
}

#[derive(Serialize)]
struct Email {
    email_key: String,
}

#[derive(FromQueryResult)]
struct Existing {
    email_key: String,
}

/// The addresses that the organization already has, as [`email_key`]s.
pub async fn existing(
    db: &impl ConnectionTrait,
    organization: OrganizationId,
    emails: impl Iterator<Item = &str>,
) -> Result<HashSet<String>> {
    let emails: Vec<_> = emails.map(|email| Email { email_key: email_key(email) }).collect();
    let sql = "select email_key from customers
      where organization_id = $2 and email_key in (select email_key from {rows})";
    let fields = &[("email_key", SqlType::Text)];
    let statement = bulk::statement(db, sql, fields, &emails, [organization.into()])?;
    let found = Existing::find_by_statement(statement).all(db).await?;
    Ok(found.into_iter().map(|row| row.email_key).collect())
}
