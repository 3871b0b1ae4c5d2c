//! Order, time, uniqueness, cancellation, retention.

use crate::app::{Pairing, TestApp, both};
use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};
use engine::{
    jobs::{Job, Probe},
    ledger::{self, CancelOutcome, NewJob},
    transport::{Priority, QueueEntry},
};
use entities::{
    ids::{JobId, OrganizationId},
    job::{self, JobState},
};

both!(
    a_job_runs_once_and_leaves_nothing_behind,
    many_jobs_all_run_once,
    higher_priorities_run_first,
    tenants_take_turns,
    a_delayed_job_waits_for_its_time,
    a_ticket_that_comes_early_starts_nothing,
    a_kind_takes_no_more_than_its_slots,
    a_unique_key_admits_one_open_job,
    a_waiting_job_is_cancelled_at_once,
    a_running_job_sees_the_cancellation,
    ended_jobs_are_swept_when_their_time_is_over,
    a_stale_attempt_cannot_write,
    a_parent_waits_for_its_parts,
);

fn probe(probe: Probe) -> NewJob {
    NewJob::new(None, &probe).unwrap()
}

fn sleeper(ms: u64) -> NewJob {
    probe(Probe { sleep_ms: Some(ms), ..Probe::default() })
}

async fn a_job_runs_once_and_leaves_nothing_behind(pairing: Pairing) -> Result<()> {
    let app = TestApp::working(pairing).await?;
    let id = app.enqueue(probe(Probe::default())).await?;
    let job = app.ended(id).await?;
    assert_eq!((job.state, job.attempt, job.failures), (JobState::Succeeded, 1, 0));
    assert!(job.started_at.is_some() && job.finished_at.is_some() && job.lease_until.is_none());
    let kernel = app.kernel.clone();
    app.drain().await?;
    let depth = kernel.transport.depth(Probe::KIND.as_str()).await?;
    assert_eq!((depth.ready, depth.delayed), (0, 0));
    Ok(())
}

async fn many_jobs_all_run_once(pairing: Pairing) -> Result<()> {
    let mut app = TestApp::new(pairing, |_| {}).await?;
    let jobs: Vec<_> = (0..3000).map(|_| probe(Probe::default())).collect();
    let ids: Vec<_> = jobs.iter().map(|job| job.id).collect();
    let enqueued = ledger::enqueue(app.kernel.db.writer(), jobs, app.clock.now()).await?;
    enqueued.pushes.push(&*app.kernel.transport).await;
    app.work();
    app.work();
    for id in &ids {
        let job = app.ended(*id).await?;
        assert_eq!((job.state, job.attempt), (JobState::Succeeded, 1));
    }
    app.drain().await
}

/// Runs the jobs one at a time and returns them in the order of their starts.
async fn order_of(mut app: TestApp, jobs: Vec<NewJob>) -> Result<Vec<JobId>> {
    let mut ids: Vec<_> = jobs.iter().map(|job| job.id).collect();
    let enqueued = ledger::enqueue(app.kernel.db.writer(), jobs, app.clock.now()).await?;
    enqueued.pushes.push(&*app.kernel.transport).await;
    app.work();
    let mut starts = std::collections::HashMap::new();
    for id in &ids {
        starts.insert(*id, app.ended(*id).await?.started_at);
    }
    ids.sort_by_key(|id| starts[id]);
    app.drain().await?;
    Ok(ids)
}

async fn one_at_a_time(pairing: Pairing) -> Result<TestApp> {
    TestApp::new(pairing, |settings| {
        if let Some(probe) = settings.jobs.get_mut("probe") {
            probe.concurrency = 1;
        }
    })
    .await
}

async fn higher_priorities_run_first(pairing: Pairing) -> Result<()> {
    let app = one_at_a_time(pairing).await?;
    let priorities = [Priority::Low, Priority::Normal, Priority::High, Priority::Low, Priority::High];
    let jobs: Vec<_> = priorities.iter().map(|priority| sleeper(1).priority(*priority)).collect();
    let by_id: std::collections::HashMap<_, _> = jobs.iter().map(|job| job.id).zip(priorities).collect();
    let order: Vec<_> = order_of(app, jobs).await?.into_iter().map(|id| by_id[&id]).collect();
    assert!(order.is_sorted(), "{order:?}");
    Ok(())
}

async fn tenants_take_turns(pairing: Pairing) -> Result<()> {
    let app = one_at_a_time(pairing).await?;
    let (big, small) = (OrganizationId::new(), OrganizationId::new());
    let payload = Probe { sleep_ms: Some(1), ..Probe::default() };
    let mut jobs = vec![];
    for _ in 0..30 {
        jobs.push(NewJob::new(Some(big), &payload)?);
    }
    jobs.push(NewJob::new(Some(small), &payload)?);
    let late = jobs[30].id;
    let place = order_of(app, jobs).await?.iter().position(|id| *id == late);
    assert!(place < Some(3), "the small tenant's job ran as number {place:?} of 31");
    Ok(())
}

async fn a_delayed_job_waits_for_its_time(pairing: Pairing) -> Result<()> {
    let app = TestApp::working(pairing).await?;
    let due = app.clock.now() + TimeDelta::milliseconds(1500);
    let id = app.enqueue(probe(Probe::default()).run_at(due)).await?;
    let job = app.ended(id).await?;
    assert!(is_started_after(&job, due), "{job:?}");
    app.drain().await
}

async fn a_ticket_that_comes_early_starts_nothing(pairing: Pairing) -> Result<()> {
    let app = TestApp::working(pairing).await?;
    let due = app.clock.now() + TimeDelta::milliseconds(1500);
    let job = probe(Probe::default()).run_at(due);
    let id = job.id;
    drop(ledger::enqueue(app.kernel.db.writer(), vec![job], app.clock.now()).await?.pushes);
    let early = QueueEntry { queue: "probe".into(), id, tenant: None, priority: Priority::Normal, due: None };
    app.kernel.transport.push("probe", &[early]).await?;
    let job = app.ended(id).await?;
    assert!(is_started_after(&job, due) && job.attempt == 1, "{job:?}");
    app.drain().await
}

/// The database decides by its clock that a job is due; `started_at` is the time at which the worker sent the
/// statement, which is earlier by as long as that was under way.
fn is_started_after(job: &job::Model, due: DateTime<Utc>) -> bool {
    job.started_at.is_some_and(|at| at > due - TimeDelta::seconds(1))
}

async fn a_kind_takes_no_more_than_its_slots(pairing: Pairing) -> Result<()> {
    let mut app = TestApp::new(pairing, |settings| {
        if let Some(probe) = settings.jobs.get_mut("probe") {
            probe.concurrency = 2;
        }
    })
    .await?;
    let mut ids = vec![];
    for _ in 0..3 {
        ids.push(app.enqueue(sleeper(600_000)).await?);
    }
    app.work();
    for id in &ids[..2] {
        app.job_when(*id, "it runs", |job| job.state == JobState::Running).await?;
    }
    let cancelled_at = app.clock.now();
    app.cancel(ids[0]).await?;
    let third = app.job_when(ids[2], "it runs", |job| job.state == JobState::Running).await?;
    assert!(third.started_at >= Some(cancelled_at), "it did not wait for a slot");
    for id in &ids[1..] {
        app.cancel(*id).await?;
    }
    app.drain().await
}

async fn a_unique_key_admits_one_open_job(pairing: Pairing) -> Result<()> {
    let mut app = TestApp::new(pairing, |_| {}).await?;
    let enqueuer = app.kernel.enqueuer.clone();
    let job = || probe(Probe::default()).unique("month 2026-11");
    let first = job();
    let id = first.id;
    assert!(enqueuer.enqueue(first).await?);
    assert!(!enqueuer.enqueue(job()).await?);
    let other = NewJob::new(Some(OrganizationId::new()), &Probe::default())?.unique("month 2026-11");
    assert!(enqueuer.enqueue(other).await?, "another organization's key is another key");
    app.work();
    app.ended(id).await?;
    assert!(enqueuer.enqueue(job()).await?, "the key is free once the job has ended");
    app.drain().await
}

async fn a_waiting_job_is_cancelled_at_once(pairing: Pairing) -> Result<()> {
    let mut app = TestApp::new(pairing, |_| {}).await?;
    let id = app.enqueue(probe(Probe::default())).await?;
    assert_eq!(app.cancel(id).await?, CancelOutcome::Cancelled);
    assert_eq!(app.job(id).await?.state, JobState::Cancelled);
    assert_eq!(app.cancel(id).await?, CancelOutcome::AlreadyEnded(JobState::Cancelled));
    app.work();
    let after = app.enqueue(probe(Probe::default())).await?;
    app.ended(after).await?;
    assert_eq!(app.job(id).await?.attempt, 0, "its ticket is void");
    app.retry_manually(id).await?;
    assert_eq!(app.ended(id).await?.state, JobState::Succeeded, "retried by hand");
    app.drain().await
}

async fn a_running_job_sees_the_cancellation(pairing: Pairing) -> Result<()> {
    let app = TestApp::working(pairing).await?;
    let id = app.enqueue(sleeper(600_000)).await?;
    app.job_when(id, "it runs", |job| job.state == JobState::Running).await?;
    assert_eq!(app.cancel(id).await?, CancelOutcome::Requested);
    assert_eq!(app.ended(id).await?.state, JobState::Cancelled);
    app.drain().await
}

async fn ended_jobs_are_swept_when_their_time_is_over(pairing: Pairing) -> Result<()> {
    let app = TestApp::working(pairing).await?;
    let id = app.enqueue(probe(Probe::default())).await?;
    app.ended(id).await?;
    let (db, now) = (app.kernel.db.writer(), app.clock.now());
    assert_eq!(ledger::sweep(db, 10, now).await?, 0);
    let later = now + app.kernel.settings.retention.finished + TimeDelta::seconds(60);
    assert_eq!(ledger::sweep(db, 10, later).await?, 1);
    assert!(app.job(id).await.is_err());
    app.drain().await
}

async fn a_stale_attempt_cannot_write(pairing: Pairing) -> Result<()> {
    let app = TestApp::new(pairing, |_| {}).await?;
    let id = app.enqueue(probe(Probe::default())).await?;
    let (kernel, now) = (&app.kernel, app.clock.now());
    let lease = std::time::Duration::from_secs(1);
    let db = kernel.db.writer();
    let first = ledger::start(db, &[id], "one", lease, now).await?;
    assert!(ledger::start(db, &[id], "two", lease, now).await?.is_empty(), "it runs already");
    let later = now + TimeDelta::seconds(2);
    let (expired, _) =
        ledger::expire_leases(db, &kernel.settings.worker, &kernel.settings.retention, worker::KINDS, later)
            .await?;
    assert_eq!(expired.len(), 1);
    let later = later + TimeDelta::seconds(5);
    let second = ledger::start_alone(db, id, "two", lease, later).await?.context("it is due again")?;
    assert_eq!((first[0].attempt, second.job.attempt), (1, 2));
    let held = |attempt| ledger::JobLease { id, attempt };
    assert!(ledger::renew(db, &[held(1)], later).await?.is_empty());
    let rows = ledger::Rows { processed: 1, succeeded: 1, failed: 0 };
    assert_eq!(ledger::advance(db, id, 1, rows).await?, ledger::Progress::LeaseLost);
    assert!(ledger::release(db, &[held(1)], later).await?.is_empty());
    let keep = &kernel.settings.retention;
    let finish = |attempt| [ledger::Finish::new(held(attempt), JobState::Succeeded)];
    assert!(ledger::finish(db, &finish(1), keep, later).await?.0.is_empty());
    assert_eq!(app.job(id).await?.state, JobState::Running);
    assert_eq!(ledger::finish(db, &finish(2), keep, later).await?.0.len(), 1);
    Ok(())
}

async fn a_parent_waits_for_its_parts(pairing: Pairing) -> Result<()> {
    let app = TestApp::working(pairing).await?;
    let parent = probe(Probe::default()).waits_for(3);
    let id = parent.id;
    let parts = [
        sleeper(1),
        sleeper(20),
        probe(Probe { fault: Some(engine::jobs::Fault::GiveUp), ..Probe::default() }),
    ];
    let parts: Vec<_> = parts.into_iter().map(|part| part.part_of(id)).collect();
    let last: Vec<_> = parts.iter().map(|part| part.id).collect();
    let jobs = std::iter::once(parent).chain(parts).collect();
    let enqueued = ledger::enqueue(app.kernel.db.writer(), jobs, app.clock.now()).await?;
    assert_eq!(enqueued.pushes.len(), 3);
    enqueued.pushes.push(&*app.kernel.transport).await;
    let started = app.ended(id).await?.started_at;
    for part in last {
        assert!(app.job(part).await?.finished_at < started);
    }
    app.drain().await
}
