//! Metrics collected at scrape time, and completeness of the declared ones.

use super::{Exposition, platform};
use crate::app::{Pairing, TestApp, both};
use ::platform::metrics::{self, Cut, JobOutcome, Limit, declared};
use anyhow::Result;
use chrono::TimeDelta;
use engine::{jobs::Probe, ledger::NewJob};
use kernel::scrape::Scraper;
use std::{collections::HashSet, time::Duration};

both!(queues_and_pools_are_told_as_they_are, everything_declared_is_explained, what_is_given_back_is_counted,);

async fn queues_and_pools_are_told_as_they_are(pairing: Pairing) -> Result<()> {
    let mut app = TestApp::new(pairing, |_| {}).await?;
    let before = scrape(&app).await?;
    for kind in worker::KINDS {
        let kind = ("kind", kind.as_str());
        assert_eq!(before.get("switchyard_queue_oldest_seconds", &[kind]), Some(0.0));
        assert_eq!(before.get("switchyard_queue_depth", &[kind]), Some(0.0));
    }
    for _ in 0..3 {
        app.enqueue(NewJob::new(None, &Probe::default())?).await?;
    }
    let later = app.clock.now() + TimeDelta::hours(1);
    let delayed = app.enqueue(NewJob::new(None, &Probe::default())?.run_at(later)).await?;
    let depth = |found: &Exposition, state| {
        found.get("switchyard_queue_depth", &[("kind", "probe"), ("state", state)])
    };
    let found = harness::until("they are in the queue", crate::app::PATIENCE, async || {
        let found = scrape(&app).await?;
        let there = depth(&found, "ready") == Some(3.0) && depth(&found, "delayed") == Some(1.0);
        Ok(there.then_some(found))
    })
    .await?;
    assert_eq!(found.get("switchyard_queue_depth", &[]), Some(4.0), "other kinds have none");
    app.clock.advance(TimeDelta::seconds(90));
    let waited = scrape(&app).await?.get("switchyard_queue_oldest_seconds", &[("kind", "probe")]);
    assert!(waited.is_some_and(|seconds| (90.0..150.0).contains(&seconds)), "{waited:?}");
    let connections = |state| found.get("switchyard_database_connections", &[("state", state)]);
    let (used, idle, max) = (connections("used"), connections("idle"), connections("max"));
    let settings = &app.kernel.settings.database;
    // A writer and four readers; or as many as the settings say, and eight whose plans are kept.
    let most = if pairing == Pairing::Embedded { 5 } else { settings.max_connections + 8 };
    assert_eq!(max, Some(f64::from(u32::try_from(most)?)));
    assert!(used.zip(idle).is_some_and(|(used, idle)| used + idle >= 1.0 && used + idle <= max.unwrap()));
    app.cancel(delayed).await?;
    app.work();
    app.drain().await
}

/// A fresh look.
async fn scrape(app: &TestApp) -> Result<Exposition> {
    Exposition::parse(&Scraper::new(app.kernel.clone()).scrape().await)
}

async fn everything_declared_is_explained(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    caller.get("/api/v1/customers").await?;
    // What is not done by every platform that runs.
    metrics::limiter_refused("nobody", Limit::Anonymous);
    metrics::idempotent_replay("nobody");
    metrics::connection_cut(Cut::Slow);
    let found = platform::scrape(caller.address()).await?;
    for metric in declared::ALL {
        let family = found.0.get(metric.name).unwrap_or_else(|| panic!("{} is not there", metric.name));
        let kind = match metric.kind {
            declared::Type::Counter => "counter",
            declared::Type::Gauge => "gauge",
            declared::Type::Histogram(_) => "histogram",
        };
        assert_eq!((family.kind.as_str(), family.help.as_str()), (kind, metric.help), "{}", metric.name);
    }
    let declared = |name: &String| declared::ALL.iter().any(|metric| metric.name == name);
    assert!(found.0.keys().all(declared), "{:?}", found.0.keys());
    app.drain().await
}

#[test]
fn the_handbook_has_every_metric_and_no_other() {
    let handbook = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/monitoring.md");
    let handbook = std::fs::read_to_string(handbook).unwrap();
    let is_of_name = |sign: char| sign.is_ascii_lowercase() || sign == '_';
    let words: HashSet<_> = handbook.split(|sign| !is_of_name(sign)).collect();
    let named = words.into_iter().filter(|word| word.starts_with("switchyard_"));
    let mut named: Vec<_> = named.filter(|word| !word.ends_with("_bucket")).collect();
    named.sort_unstable();
    let mut declared: Vec<_> = declared::ALL.iter().map(|metric| metric.name).collect();
    declared.sort_unstable();
    assert_eq!(named, declared);
}

/// Concurrent tests may release connections too.
async fn what_is_given_back_is_counted(pairing: Pairing) -> Result<()> {
    let mut app = TestApp::new(pairing, |settings| settings.worker.drain = Duration::ZERO).await?;
    let released = [("kind", "probe"), ("outcome", "released")];
    let before = scrape(&app).await?.get("switchyard_jobs_finished_total", &released).unwrap_or(0.0);
    let sleeper = Probe { sleep_ms: Some(600_000), ..Probe::default() };
    let id = app.enqueue(NewJob::new(None, &sleeper)?).await?;
    app.work();
    app.job_when(id, "it runs", |job| job.lease_until.is_some()).await?;
    app.stop_workers().await?;
    let after = scrape(&app).await?.get("switchyard_jobs_finished_total", &released);
    assert!(after > Some(before), "{before} {after:?}");
    app.cancel(id).await?;
    // Takes the void ticket.
    app.work();
    app.drain().await
}

/// A kind that no test runs is counted by functions alone, so that nobody else changes the numbers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_go_where_they_belong() -> Result<()> {
    let app = TestApp::new(Pairing::Embedded, |_| {}).await?;
    let took = [Duration::from_micros(500), Duration::from_millis(3), Duration::from_secs(31)];
    for took in took {
        metrics::http_answered("values", "/a/{id}", "GET", 200, took);
    }
    for reason in [Limit::Minute, Limit::Day, Limit::Day, Limit::InFlight] {
        metrics::limiter_refused("values", reason);
    }
    metrics::ended_with_lease("values", JobOutcome::Quarantined);
    let found = scrape(&app).await?;
    let bucket = |le| {
        let name = "switchyard_http_request_duration_seconds_bucket";
        found.get(name, &[("contract", "values"), ("le", le)])
    };
    assert_eq!(
        [bucket("0.001"), bucket("0.005"), bucket("30"), bucket("+Inf")],
        [1.0, 2.0, 2.0, 3.0].map(Some)
    );
    let sum = found.get("switchyard_http_request_duration_seconds_sum", &[("contract", "values")]);
    assert!(sum.is_some_and(|sum| (sum - 31.0035).abs() < 1e-6), "{sum:?}");
    let refused = |reason| {
        found.get("switchyard_limiter_refusals_total", &[("contract", "values"), ("reason", reason)])
    };
    assert_eq!(
        ["minute", "day", "in_flight", "anonymous"].map(refused),
        [Some(1.0), Some(2.0), Some(1.0), None]
    );
    let quarantined = [("kind", "values"), ("outcome", "quarantined")];
    assert_eq!(found.get("switchyard_jobs_finished_total", &quarantined), Some(1.0));
    Ok(())
}
