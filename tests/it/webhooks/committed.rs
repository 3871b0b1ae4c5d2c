//! Notifications by PostgreSQL at the commit of a single event, to the sessions of its endpoints.

use super::{fanned_out::platform, published::fan_out};
use crate::app::{PATIENCE, Pairing, TestApp};
use ::platform::Db;
use anyhow::{Context, Result};
use engine::ledger;
use entities::{ids::EndpointId, job};
use harness::until;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Statement};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::{
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    task::AbortHandle,
};
use webhooks::{CommitNotification, PendingAttempt};

type Word = (Value, Vec<(EndpointId, PendingAttempt)>);

/// What is heard from now on.
async fn listen(db: &Db) -> Result<(UnboundedReceiver<Word>, AbortHandle)> {
    let (said, words) = unbounded_channel();
    let listener = db.clone();
    let task = tokio::spawn(async move {
        let heard = move |committed: &CommitNotification| {
            let due = committed.due().flatten().map(|(endpoint, _, due)| (endpoint, due)).collect();
            let _ = said.send((committed.event().payload.read().unwrap_or_default(), due));
        };
        webhooks::listen_for_commits(&listener, heard).await;
    });
    let sql =
        "select 1 as one from pg_stat_activity where datname = current_database() and query like 'LISTEN %'";
    until("somebody listens", PATIENCE, async || {
        let reader = db.reader();
        let statement = Statement::from_string(reader.get_database_backend(), sql);
        Ok(reader.query_one_raw(statement).await?.map(drop))
    })
    .await?;
    Ok((words, task.abort_handle()))
}

/// Holds the endpoint's job, as a worker would.
async fn hold(app: &TestApp) -> Result<()> {
    let of = job::Entity::find().filter(job::Column::Kind.eq("webhook_delivery"));
    let job = of.one(app.kernel.db.reader()).await?.context("no job")?;
    let (db, lease) = (app.kernel.db.writer(), Duration::from_hours(1));
    ledger::start(db, &[job.id], "by hand", lease, app.clock.now()).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_holds_an_endpoint_hears_of_a_commit_with_what_the_event_tells() -> Result<()> {
    let (mut app, caller, hook, organization) = platform(Pairing::Scaled).await?;
    fan_out(&app, organization).await?;
    caller.publish_many(1).await?;
    let (mut words, listener) = listen(&app.kernel.db).await?;
    caller.publish("meter.read", json!({ "n": "held by nobody" })).await?;
    hold(&app).await?;
    caller.publish("meter.read", json!({ "n": "held" })).await?;
    caller.publish("meter.read", json!({ "n": "long".repeat(2000) })).await?;
    caller.publish("meter.read", json!({ "n": "short" })).await?;
    for (expected, sequence) in [("held", 3), ("short", 5)] {
        let (payload, due) = words.recv().await.context("nothing more is said")?;
        assert_eq!(payload["n"], expected);
        let [(endpoint, due)] = &due[..] else { panic!("{due:?}") };
        assert_eq!((endpoint.to_string(), due.sequence, due.attempt), (hook.id.clone(), sequence, 1));
    }
    listener.abort();
    app.stop_workers().await
}
