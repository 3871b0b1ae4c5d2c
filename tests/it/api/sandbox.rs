//! The seeded sandbox: every read of the partner contract returns something.

use super::{
    client,
    credential::{self, Credential},
    document::{DOCUMENTS, Operation},
    example::Size,
    known_objects::Known,
};
use crate::app::{PATIENCE, Pairing, TestApp, both};
use anyhow::{Context, Result, ensure};
use chrono::{DurationRound, TimeDelta};
use entities::{
    customer, invoice, ip_pool, job, payment, promotion, provisioning_request, subscription, ticket,
};
use harness::until;
use isp::sandbox::{CUSTOMERS, NAME, seed};
use kernel::Kernel;
use platform::Error;
use reqwest::Method;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use serde::Serialize;
use serde_json::Value;

both!(
    every_read_shows_something_at_once,
    it_is_the_same_everywhere,
    a_second_seeding_changes_nothing,
    who_has_customers_is_refused,
);

#[tokio::test]
async fn the_promotion_code_of_the_contracts_example_can_be_used() -> Result<()> {
    let app = TestApp::new(Pairing::Embedded, |_| {}).await?;
    ensure!(seed(&app.kernel, NAME).await?);
    let codes = promotion::Entity::find().filter(promotion::Column::Code.eq("WINTER2024"));
    assert_eq!(codes.count(app.kernel.db.reader()).await?, 1);
    Ok(())
}

/// What seeding cannot create: an import is found only by the id that its caller received, and a webhook needs a
/// receiver.
const NOT_SHOWN: &[&str] = &["/bulk/jobs/", "/webhooks"];

/// Reads that need some of their parameters, none of which is required.
const ASKED: &[(&str, &str)] = &[("/api/v1/serviceability", "city=Escondido&state=CA&zip=92025")];

async fn every_read_shows_something_at_once(pairing: Pairing) -> Result<()> {
    let mut app = TestApp::new(pairing, |_| {}).await?;
    ensure!(seed(&app.kernel, NAME).await?);
    let origin = app.listen().await?;
    let document = DOCUMENTS.iter().find(|document| document.contract == "partner").context("no document")?;
    let Credential { shown, mut known } = credential::all(&app, &origin, document, NAME).await?;
    let shows = |operation: &Operation| !NOT_SHOWN.iter().any(|part| operation.path.contains(part));
    let mut reads: Vec<_> = document
        .operations()
        .into_iter()
        .filter(|operation| operation.method == Method::GET && shows(operation))
        .collect();
    ensure!(reads.len() > 20, "{}", reads.len());
    // Objects found in one list may be parameters of the next.
    while !reads.is_empty() {
        let mut waiting = vec![];
        let before = reads.len();
        for operation in reads {
            match known.path(&operation, false) {
                Some(path) => known = read(&origin, &operation, &path, &shown, known).await?,
                None => waiting.push(operation),
            }
        }
        let names: Vec<_> = waiting.iter().map(ToString::to_string).collect();
        ensure!(waiting.len() < before, "no ids for {names:?}");
        reads = waiting;
    }
    Ok(())
}

async fn read(origin: &str, operation: &Operation, path: &str, shown: &str, known: Known) -> Result<Known> {
    let request = match ASKED.iter().find(|(of, _)| *of == operation.path) {
        Some((_, query)) => client::bare(origin, operation, &format!("{path}?{query}")),
        None => client::described(origin, operation, path, Size::Minimal, None, &known)?,
    };
    let answer = client::send(request, &credential::first(operation, shown)?).await?;
    ensure!(answer.status == 200, "{operation} {path}: {answer:?}");
    let data = answer.json().get_mut("data").map_or_else(|| answer.json(), Value::take);
    ensure!(is_something(&data), "{operation} {path} shows nothing: {}", answer.text);
    let mut known = known;
    known.learn(operation, path, &answer);
    // Invoices have no list of their own.
    if operation.path.ends_with("/customers/{id}/invoices") {
        let id = data[0]["id"].as_str().context("an invoice")?;
        known = known.with("/api/v1/invoices/", id);
    }
    Ok(known)
}

fn is_something(data: &Value) -> bool {
    match data {
        Value::Null => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => fields.values().any(is_something),
        _ => true,
    }
}

async fn it_is_the_same_everywhere(pairing: Pairing) -> Result<()> {
    let (one, other) = (TestApp::new(Pairing::Embedded, |_| {}).await?, TestApp::new(pairing, |_| {}).await?);
    // In the middle of an hour, because seeding depends on the hour.
    let now = one.clock.now();
    let then = now.duration_trunc(TimeDelta::hours(1))? + TimeDelta::minutes(30);
    for app in [&one, &other] {
        app.clock.advance(then - app.clock.now());
        ensure!(seed(&app.kernel, NAME).await?);
    }
    let (one, other) = (objects(&one.kernel).await?, objects(&other.kernel).await?);
    assert!(one.len() > 4 * CUSTOMERS, "{}", one.len());
    for (one, other) in one.iter().zip(&other) {
        assert_eq!(one, other);
    }
    assert_eq!(one.len(), other.len());
    Ok(())
}

/// All created objects, in order, without ids and times.
async fn objects(kernel: &Kernel) -> Result<Vec<Value>> {
    let mut objects = vec![];
    objects.extend(all::<customer::Entity>(kernel, customer::Column::Id).await?);
    objects.extend(all::<subscription::Entity>(kernel, subscription::Column::Id).await?);
    objects.extend(all::<provisioning_request::Entity>(kernel, provisioning_request::Column::Id).await?);
    objects.extend(all::<invoice::Entity>(kernel, invoice::Column::Number).await?);
    objects.extend(all::<payment::Entity>(kernel, payment::Column::Id).await?);
    objects.extend(all::<ticket::Entity>(kernel, ticket::Column::Id).await?);
    objects.extend(all::<ip_pool::Entity>(kernel, ip_pool::Column::Id).await?);
    Ok(objects)
}

async fn all<E>(kernel: &Kernel, order: E::Column) -> Result<Vec<Value>>
where
    E: EntityTrait,
    E::Model: Serialize,
{
    let rows = E::find().order_by_asc(order).all(kernel.db.reader()).await?;
    rows.iter().map(|row| Ok(bare(serde_json::to_value(row)?))).collect()
}

/// Without the values that differ between runs.
fn bare(value: Value) -> Value {
    let differs =
        |name: &str| name == "id" || name.ends_with("_id") || name.ends_with("_at") || name == "timestamp";
    match value {
        Value::Object(fields) => {
            let kept = fields.into_iter().filter(|(name, _)| !differs(name));
            kept.map(|(name, value)| (name, bare(value))).collect()
        }
        Value::Array(items) => items.into_iter().map(bare).collect(),
        other => other,
    }
}

const TABLES: [&str; 8] =
    ["customers", "subscriptions", "invoices", "tickets", "events", "jobs", "usage_days", "ip_allocations"];

async fn counts(app: &TestApp) -> Result<Vec<i64>> {
    let mut counts = vec![];
    for table in TABLES {
        counts.push(app.count(table).await?);
    }
    Ok(counts)
}

async fn a_second_seeding_changes_nothing(pairing: Pairing) -> Result<()> {
    let mut app = TestApp::new(pairing, |_| {}).await?;
    ensure!(seed(&app.kernel, NAME).await?);
    let before = counts(&app).await?;
    ensure!(before.iter().all(|count| *count > 0), "{before:?}");
    ensure!(!seed(&app.kernel, NAME).await?);
    assert_eq!(counts(&app).await?, before);
    // The remaining work is done, and no mail is sent.
    app.work();
    let done = async || Ok((jobs(&app, "network_sync").await? == 0).then_some(()));
    until("the network has followed", PATIENCE, done).await?;
    let mails = job::Entity::find().filter(job::Column::Kind.is_in(["email", "invoice_mail"]));
    assert_eq!(mails.count(app.kernel.db.reader()).await?, 0);
    app.stop_workers().await
}

/// Number of open jobs of a kind.
async fn jobs(app: &TestApp, kind: &str) -> Result<u64> {
    let open =
        job::Entity::find().filter(job::Column::Kind.eq(kind)).filter(job::Column::FinishedAt.is_null());
    Ok(open.count(app.kernel.db.reader()).await?)
}

async fn who_has_customers_is_refused(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let customer = crate::contracts::partner::customer("a@example.com");
    ensure!(caller.post("/api/v1/customers", &customer).await?.status == 201);
    let refused = seed(&app.kernel, "acme").await;
    ensure!(matches!(refused, Err(Error::Conflict { .. })), "{refused:?}");
    assert_eq!(app.customers().await?, 1);
    app.drain().await
}
