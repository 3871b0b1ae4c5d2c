//! Generic query plans are made when a table may be empty, and used when it is large.

use super::{Ground, fixtures::PLENTY};
use crate::app::{Pairing, Receiver, TestApp, allow_loopback};
use anyhow::{Context, Result, ensure};
use sea_orm::{ConnectionTrait, DatabaseTransaction, Statement};
use serde_json::json;
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

/// What a statement has that looks each of its rows up.
const EACH: &str = "= any(array[";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_looks_rows_up_is_led_to_their_index() -> Result<()> {
    let statements = made().await?;
    ensure!(statements.len() > 10, "{} statements: {statements:#?}", statements.len());
    let app = TestApp::new(Pairing::Scaled, |_| {}).await?;
    let transaction = app.kernel.db.begin_generic_plans().await?;
    for (number, sql) in statements.iter().enumerate() {
        let plan = plan(&transaction, number, sql).await?;
        let scans = plan.iter().enumerate().filter(|(_, line)| line.contains("Index"));
        let walked = scans.filter(|(place, line)| {
            line.contains("Scan using")
                && !plan.get(place + 1).is_some_and(|next| next.contains("Index Cond"))
        });
        ensure!(walked.count() == 0, "an index is walked as a whole by\n{sql}\n{}", plan.join("\n"));
        ensure!(!plan.iter().any(|line| line.contains("Seq Scan")), "{sql}\n{}", plan.join("\n"));
    }
    transaction.rollback().await?;
    app.drain().await
}

/// The statements of installations and their events.
async fn made() -> Result<BTreeSet<String>> {
    let made = Arc::new(Mutex::new(BTreeSet::new()));
    let mut app = TestApp::new(Pairing::Scaled, allow_loopback).await?;
    let told = made.clone();
    app.kernel.db.listen(move |sql| {
        if sql.contains(EACH) {
            told.lock().expect("nobody panics").insert(sql.to_owned());
        }
    });
    let caller = app.serve().await?;
    let receiver = Receiver::start().await?;
    caller.hook(&receiver, json!({ "events": ["provisioning.completed"] })).await?;
    let ground = Ground::new(&app.kernel, caller, PLENTY).await?;
    app.work();
    let subscribed = ground.subscribed("one@example.com").await?;
    let path = ground.open(subscribed, "NEW_INSTALL", json!({})).await?;
    let ended = ground.ended(&path).await?;
    ensure!(ended["status"] == "COMPLETED", "{ended}");
    app.drain().await?;
    let made = made.lock().expect("nobody panics").clone();
    Ok(made)
}

/// The plan that is kept of a statement, for parameters that are not known.
async fn plan(transaction: &DatabaseTransaction, number: usize, sql: &str) -> Result<Vec<String>> {
    let count = (1..40).rev().find(|n| sql.contains(&format!("${n}"))).context("no parameter")?;
    // That they are times can be seen nowhere in the one that says when jobs expire.
    let rest = if sql.contains("coalesce(jobs.expires_at") { "timestamptz" } else { "unknown" };
    let cast = |n: usize| if sql.contains(&format!("${n}::")) { "unknown" } else { rest };
    let types = (1..=count).map(cast).collect::<Vec<_>>().join(", ");
    transaction.execute_unprepared(&format!("prepare p{number} ({types}) as {sql}")).await?;
    let values = vec!["null"; count].join(", ");
    let explain = format!("explain (costs off) execute p{number} ({values})");
    let rows = transaction
        .query_all_raw(Statement::from_string(transaction.get_database_backend(), explain))
        .await?;
    rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
}
