//! A cluster of three masters.

use super::{PATIENCE, all_have_run_once, doctor, enqueue_slowly};
use crate::{
    app::{Caller, Pairing, TestApp},
    contracts::partner::customer,
};
use anyhow::{Context, Result};
use engine::jobs::{Job, Probe};
use futures::future::join_all;
use harness::{Cluster, RedisServer, until};
use kernel::limits::Limiter;
use serde_json::json;
use std::sync::Arc;

/// A key prefix that puts the probes' queue on the first master, which has a replica.
fn prefix(cluster: &Cluster) -> Result<(String, u16)> {
    for number in 0.. {
        let prefix = format!("cluster{number}");
        let slot = cluster.slot(&format!("{{{prefix}:{}}}", Probe::KIND.as_str()))?;
        if slot < 5461 {
            return Ok((prefix, slot));
        }
    }
    unreachable!("a third of all prefixes is on it")
}

/// Creates customers in bulk, which takes jobs of several kinds; returns where the job's state is.
async fn import(caller: &Caller, name: &str) -> Result<String> {
    let customers: Vec<_> = (0..40).map(|number| customer(&format!("{name}{number}@example.com"))).collect();
    let begun = caller.post("/api/v1/bulk/customers", &json!({ "customers": customers })).await?;
    let id = begun.json()["data"]["id"].as_str().context(begun.text)?.to_owned();
    Ok(format!("/api/v1/bulk/jobs/{id}"))
}

async fn completed(caller: &Caller, import: &str) -> Result<()> {
    until("the import is completed", PATIENCE, async || {
        let state = caller.get(import).await?.json();
        Ok((state["data"]["status"] == "COMPLETED").then_some(()))
    })
    .await
}

/// While jobs come and are run, a queue's slot moves to another master, and the one that had it dies.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slots_move_and_a_master_dies_under_load() -> Result<()> {
    let cluster = Arc::new(Cluster::start()?);
    let (prefix, slot) = prefix(&cluster)?;
    let mut app = TestApp::new(Pairing::Scaled, |settings| {
        (settings.redis.url, settings.redis.prefix) = (cluster.url(), prefix);
    })
    .await?;
    let caller = app.serve().await?;
    app.work();
    app.work();

    let moving = tokio::task::spawn_blocking({
        let cluster = cluster.clone();
        move || cluster.move_slot(slot, 0, 1)
    });
    let before = enqueue_slowly(&app, 100).await?;
    moving.await??;
    let first = import(&caller, "first").await?;
    completed(&caller, &first).await?;
    let probes = format!("{{{}:{}}}:ready:1", app.kernel.settings.redis.prefix, Probe::KIND.as_str());
    assert!(cluster.masters()[1].ask::<bool>(&["EXISTS", &probes]).is_ok(), "the second has the slot now");

    cluster.masters()[0].kill();
    let second = import(&caller, "second").await?;
    let meanwhile = enqueue_slowly(&app, 200).await?;
    until("the replica takes over", PATIENCE, async || {
        let role: String = cluster.replica().ask(&["INFO", "replication"])?;
        Ok(role.contains("role:master").then_some(()))
    })
    .await?;
    let third = import(&caller, "third").await?;
    let after = enqueue_slowly(&app, 50).await?;
    for jobs in [before, meanwhile, after] {
        all_have_run_once(&app, &jobs).await?;
    }
    for import in [second, third] {
        completed(&caller, &import).await?;
    }
    assert_eq!(app.customers().await?, 120);
    app.drain().await
}

/// Many callers' counters are on all of the masters.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_are_counted_on_all_masters() -> Result<()> {
    const QUOTA: [u64; 2] = [3, 1000];
    let cluster = Cluster::start()?;
    let mut settings = platform::config::Settings::default();
    settings.redis.url = cluster.url();
    settings.limits.patience = PATIENCE;
    let limiters = [Limiter::open(&settings)?, Limiter::open(&settings)?];
    let callers: Vec<_> = (0..30).map(|number| format!("caller{number}")).collect();
    let all = callers.iter().flat_map(|caller| (0..5).map(move |place| (caller, place)));
    let taken = join_all(all.map(|(caller, place)| limiters[place % 2].take(caller, QUOTA))).await;
    assert_eq!(taken.iter().filter(|it| it.admitted).count(), 30 * 3);
    assert!(limiters.iter().all(|limiter| !limiter.is_alone()));
    let keys = |node: &RedisServer| node.ask::<u64>(&["DBSIZE"]);
    let counts = cluster.masters().iter().map(keys).collect::<Result<Vec<_>>>()?;
    assert!(counts.iter().all(|count| *count > 0) && counts.iter().sum::<u64>() == 30, "{counts:?}");

    let url = cluster.url();
    let postgres = harness::shared().postgres.url("postgres");
    let (_, said) = doctor(&[("DATABASE_URL", &postgres), ("REDIS_URL", &url)]).await?;
    assert!(said.contains("a cluster of 3 masters, state ok, without TLS"), "{said}");
    let one = cluster.masters()[0].url();
    let (is_well, said) = doctor(&[("DATABASE_URL", &postgres), ("REDIS_URL", &one)]).await?;
    assert!(!is_well && said.contains("redis.url is to begin with redis+cluster://"), "{said}");
    Ok(())
}
