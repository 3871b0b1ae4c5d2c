//! Counters of real processes match what was done.

use super::{Ground, platform};
use crate::app::PATIENCE;
use ::platform::metrics::declared::Type;
use anyhow::{Context, Result};
use engine::{
    jobs::{Fault, Probe},
    ledger::{self, NewJob},
};
use entities::ids::JobId;
use kernel::{UnitOfWork, events::Actor, job_control};
use std::time::{Duration, SystemTime};

const REQUESTS: &str = "switchyard_http_requests_total";
const DURATION: &str = "switchyard_http_request_duration_seconds_count";
const FINISHED: &str = "switchyard_jobs_finished_total";
const CUSTOMER: &str = "/api/v1/customers/{id}";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_are_counted_by_route_and_status() -> Result<()> {
    let ground = Ground::new().await?;
    let serve = ground.start("serve", &[]).await?;
    for place in 0..3 {
        let path = format!("/partner/api/v1/customers/cust_{place}");
        assert_eq!(serve.request("GET", &path).send().await?.status(), 404);
    }
    assert_eq!(serve.request("GET", "/partner/api/v1/customers").send().await?.status(), 200);
    let found = serve.scrape().await?;
    let count = |route, method, status| {
        let labels = [("contract", "partner"), ("route", route), ("method", method), ("status", status)];
        found.get(REQUESTS, &labels)
    };
    assert_eq!(count(CUSTOMER, "GET", "404"), Some(3.0));
    assert_eq!(count("/api/v1/customers", "GET", "200"), Some(1.0));
    assert_eq!(found.get(REQUESTS, &[]), Some(4.0), "and nothing else");
    assert_eq!(found.get(DURATION, &[("route", CUSTOMER), ("method", "GET")]), Some(3.0));
    assert_eq!(found.get("switchyard_build_info", &[("version", env!("CARGO_PKG_VERSION"))]), Some(1.0));
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs_f64();
    let started = found.get("switchyard_start_time_seconds", &[]).context("no start")?;
    assert!(now - started < PATIENCE.as_secs_f64() && started <= now, "{started} {now}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_cannot_make_series() -> Result<()> {
    let ground = Ground::new().await?;
    let serve = ground.start("serve", &[]).await?;
    for number in 0..200 {
        serve.request("GET", &format!("/partner/api/v1/made-up-{number}")).send().await?;
    }
    for method in ["BREW", "PROPFIND", "brew"] {
        serve.request(method, "/partner/nowhere").send().await?;
    }
    let found = serve.scrape().await?;
    assert_eq!((found.get(REQUESTS, &[]), found.series(REQUESTS, &[])), (Some(203.0), 2));
    let unknown = [("route", "unknown"), ("status", "404")];
    assert_eq!(found.get(REQUESTS, &[unknown[0], unknown[1], ("method", "GET")]), Some(200.0));
    assert_eq!(found.get(REQUESTS, &[unknown[0], unknown[1], ("method", "other")]), Some(3.0));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_and_replays_are_counted() -> Result<()> {
    let ground = Ground::new().await?;
    let serve = ground.start("serve", &[("SWITCHYARD_PLANS_PARTNER_STARTER_MINUTE", "5")]).await?;
    for _ in 0..3 {
        serve.import(1, ("idempotency-key", "the same")).await?;
    }
    for _ in 0..5 {
        serve.request("GET", "/partner/api/v1/customers").send().await?;
    }
    let found = serve.scrape().await?;
    assert_eq!(found.get("switchyard_idempotent_replays_total", &[("contract", "partner")]), Some(2.0));
    let refused =
        found.get("switchyard_limiter_refusals_total", &[("contract", "partner"), ("reason", "minute")]);
    assert_eq!(refused, Some(3.0));
    assert_eq!(found.get("switchyard_limiter_local_total", &[]), Some(0.0), "Redis was there");
    Ok(())
}

fn probe(fault: Option<Fault>, until_attempt: i32) -> NewJob {
    NewJob::new(None, &Probe { fault, until_attempt, sleep_ms: None }).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_are_counted_by_outcome() -> Result<()> {
    let ground = Ground::new().await?;
    let work = ground.start("work", &[("SWITCHYARD_WORKER_KINDS", "probe")]).await?;
    let jobs = [
        probe(None, 0),
        probe(None, 0),
        probe(Some(Fault::GiveUp), 0),
        probe(Some(Fault::Retry), 1),
        probe(Some(Fault::Panic), 2),
    ];
    for job in jobs {
        ground.kernel.enqueuer.enqueue(job).await?;
    }
    let sleeper = NewJob::new(None, &Probe { sleep_ms: Some(600_000), ..Probe::default() })?;
    cancel(&ground, start_one(&ground, sleeper).await?).await?;
    // Two immediately, one retry of each of two more, and another of the last.
    let expected = [("succeeded", 4.0), ("failed", 1.0), ("retried", 3.0), ("cancelled", 1.0)];
    let kind = ("kind", "probe");
    let found = work
        .scrape_when("all jobs have ended", |found| {
            expected
                .iter()
                .all(|(outcome, count)| found.get(FINISHED, &[kind, ("outcome", outcome)]) == Some(*count))
        })
        .await?;
    assert_eq!(found.get(FINISHED, &[]), Some(9.0), "and nothing else");
    assert_eq!(found.get("switchyard_job_duration_seconds_count", &[kind]), Some(9.0));
    assert_eq!(found.get("switchyard_job_wait_seconds_count", &[kind]), Some(9.0));
    for path in ["/healthz", "/readyz"] {
        assert_eq!(work.request("GET", path).send().await?.status(), 200, "{path}");
    }
    for (path, method, status) in
        [("/metrics/x", "GET", 404), ("/metrics", "POST", 405), ("/other", "GET", 404)]
    {
        assert_eq!(work.request(method, path).send().await?.status(), status, "{method} {path}");
    }
    work.stop().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_are_served_while_the_last_job_ends() -> Result<()> {
    let ground = Ground::new().await?;
    let work = ground.start("work", &[("SWITCHYARD_WORKER_DRAIN", "1m")]).await?;
    let id = start_one(&ground, NewJob::new(None, &Probe { sleep_ms: Some(600_000), ..Probe::default() })?)
        .await?;
    work.process.sigterm()?;
    work.process.wait_for_line("stopping", PATIENCE).await?;
    assert_eq!(work.scrape().await?.get(FINISHED, &[]), Some(0.0));
    assert_eq!(work.request("GET", "/healthz").send().await?.status(), 200);
    assert_eq!(work.request("GET", "/readyz").send().await?.status(), 503);
    cancel(&ground, id).await?;
    // With its last job the process ends.
    assert!(work.process.wait_exit(PATIENCE).await?.success());
    Ok(())
}

async fn cancel(ground: &Ground, id: JobId) -> Result<()> {
    let work = UnitOfWork::new(ground.kernel.clone(), Actor::platform());
    job_control::cancel(&work, id).await?;
    Ok(work.commit().await?)
}

/// Enqueues a job and waits until a worker has started it.
async fn start_one(ground: &Ground, job: NewJob) -> Result<JobId> {
    use sea_orm::EntityTrait;
    let id = job.id;
    ground.kernel.enqueuer.enqueue(job).await?;
    harness::until("it runs", PATIENCE, async || {
        let job = entities::job::Entity::find_by_id(id).one(ground.kernel.db.reader()).await?;
        Ok(job.filter(|job| job.lease_until.is_some()))
    })
    .await?;
    Ok(id)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_reconciler_does_is_counted() -> Result<()> {
    let ground = Ground::new().await?;
    let doomed = ground.start("work", &[("SWITCHYARD_WORKER_KINDS", "probe")]).await?;
    ground.kernel.enqueuer.enqueue(probe(Some(Fault::Abort), 1)).await?;
    doomed.process.wait_exit(PATIENCE).await?;
    let work = ground.start("work", &[("SWITCHYARD_WORKER_KINDS", "probe")]).await?;
    // Told to nobody but the ledger.
    let untold = vec![probe(None, 0)];
    let _untold = ledger::enqueue(ground.kernel.db.writer(), untold, ground.kernel.clock.now()).await?;
    let kind = ("kind", "probe");
    let found = work
        .scrape_when("both are done", |found| {
            found.get(FINISHED, &[kind, ("outcome", "succeeded")]) == Some(2.0)
        })
        .await?;
    assert_eq!(found.get("switchyard_lease_losses_total", &[kind]), Some(1.0));
    assert_eq!(found.get("switchyard_reconciler_pushes_total", &[kind]), Some(1.0));
    assert_eq!(found.get("switchyard_lease_losses_total", &[]), Some(1.0));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listener_for_metrics_takes_them_off_the_api() -> Result<()> {
    let ground = Ground::new().await?;
    let metrics = platform::address();
    for command in ["serve", "up"] {
        let running = ground.start(command, &[("SWITCHYARD_METRICS_LISTEN", &metrics)]).await?;
        running.request("GET", "/partner/api/v1/customers").send().await?;
        assert_eq!(running.request("GET", "/metrics").send().await?.status(), 404);
        let found = platform::scrape(&metrics).await?;
        assert_eq!(found.get(REQUESTS, &[]), Some(1.0));
        assert!(running.stop().await? < Duration::from_secs(10));
    }
    Ok(())
}

/// Without a listener of their own they are for this machine alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_are_not_for_those_who_can_reach_the_api() -> Result<()> {
    let ground = Ground::new().await?;
    let running = ground.start("serve", &[]).await?;
    assert_eq!(running.request("GET", "/metrics").send().await?.status(), 200);
    for (name, value) in [("x-forwarded-for", "192.0.2.1"), ("host", "api.example.com")] {
        let through = running.request("GET", "/metrics").header(name, value).send().await?;
        assert_eq!(through.status(), 404, "{name}");
        assert_eq!(through.json::<serde_json::Value>().await?["error"], "NOT_FOUND");
    }
    running.stop().await?;
    let proxied = ground.start("serve", &[("SWITCHYARD_HTTP_TRUSTED_PROXIES", "10.0.0.1")]).await?;
    assert_eq!(proxied.request("GET", "/metrics").send().await?.status(), 404);
    proxied.stop().await?;
    let everywhere = ground.start_at("serve", "0.0.0.0", &[]).await?;
    assert_eq!(everywhere.request("GET", "/metrics").send().await?.status(), 404);
    assert_eq!(everywhere.request("GET", "/readyz").send().await?.status(), 200);
    everywhere.stop().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_taken_address_for_metrics_stops_the_start() -> Result<()> {
    let ground = Ground::new().await?;
    let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
    let address = taken.local_addr()?.to_string();
    let refused = ground.start("serve", &[("SWITCHYARD_METRICS_LISTEN", &address)]).await;
    let error = format!("{:#}", refused.err().context("it started")?);
    assert!(error.contains(&format!("cannot listen on {address}")), "{error}");
    Ok(())
}

#[test]
fn histograms_reach_from_a_millisecond_to_half_a_minute() {
    let Type::Histogram(bounds) = ::platform::metrics::declared::HTTP_DURATION.kind else {
        panic!("no histogram")
    };
    assert_eq!((bounds.first(), bounds.last()), (Some(&0.001), Some(&30.0)));
}
