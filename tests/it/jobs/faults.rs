//! Handlers that fail, workers that die, transports that lose everything.

use crate::app::{Pairing, TestApp, both};
use anyhow::Result;
use chrono::TimeDelta;
use engine::{
    jobs::{Fault, Job, Probe},
    ledger::{self, NewJob},
};
use entities::job::JobState;
use std::time::Duration;

both!(
    a_failing_job_is_tried_by_its_schedule_and_then_kept,
    a_job_that_fails_once_succeeds,
    a_job_that_gives_up_is_not_tried_again,
    a_panic_costs_one_attempt_and_no_neighbour,
    a_hanging_handler_is_stopped_at_its_timeout,
    a_deaf_handler_is_stopped_after_a_cancellation,
    jobs_that_the_transport_never_saw_are_brought_in,
    a_stopping_worker_gives_back_what_it_cannot_end,
    an_unreadable_payload_is_given_up,
);

fn faulty(fault: Fault) -> NewJob {
    NewJob::new(None, &Probe { fault: Some(fault), ..Probe::default() }).unwrap()
}

async fn a_failing_job_is_tried_by_its_schedule_and_then_kept(pairing: Pairing) -> Result<()> {
    let app = TestApp::working(pairing).await?;
    let id = app.enqueue(faulty(Fault::Retry)).await?;
    let job = app.ended(id).await?;
    let attempts = 1 + i32::try_from(app.kernel.settings.jobs.get("probe").unwrap().retry.len())?;
    assert_eq!((job.state, job.attempt, job.failures), (JobState::Failed, attempts, attempts));
    assert_eq!(job.last_error.as_deref(), Some("fails as requested"));
    let took = job.finished_at.unwrap() - job.started_at.unwrap();
    assert!(took >= TimeDelta::milliseconds(880), "100 ms and 1 s, less a fifth: {took}");
    app.drain().await
}

async fn a_job_that_fails_once_succeeds(pairing: Pairing) -> Result<()> {
    let app = TestApp::working(pairing).await?;
    let probe = Probe { fault: Some(Fault::Retry), until_attempt: 1, ..Probe::default() };
    let id = app.enqueue(NewJob::new(None, &probe)?).await?;
    let job = app.ended(id).await?;
    assert_eq!((job.state, job.attempt, job.failures), (JobState::Succeeded, 2, 1));
    app.drain().await
}

async fn a_job_that_gives_up_is_not_tried_again(pairing: Pairing) -> Result<()> {
    let app = TestApp::working(pairing).await?;
    let id = app.enqueue(faulty(Fault::GiveUp)).await?;
    let job = app.ended(id).await?;
    assert_eq!((job.state, job.attempt), (JobState::Failed, 1));
    app.drain().await
}

async fn a_panic_costs_one_attempt_and_no_neighbour(pairing: Pairing) -> Result<()> {
    let app = TestApp::working(pairing).await?;
    let neighbour = NewJob::new(None, &Probe { sleep_ms: Some(300), ..Probe::default() })?;
    let neighbour = app.enqueue(neighbour).await?;
    let id = app.enqueue(faulty(Fault::Panic)).await?;
    let job = app.ended(id).await?;
    assert_eq!(
        (job.state, job.last_error.as_deref()),
        (JobState::Failed, Some("panicked: panics as requested"))
    );
    let neighbour = app.ended(neighbour).await?;
    assert_eq!((neighbour.state, neighbour.attempt), (JobState::Succeeded, 1));
    app.drain().await
}

async fn a_hanging_handler_is_stopped_at_its_timeout(pairing: Pairing) -> Result<()> {
    let mut app = TestApp::new(pairing, |settings| {
        let probe = settings.jobs.get_mut("probe").unwrap();
        probe.timeout = Duration::from_millis(200);
        probe.retry.truncate(1);
    })
    .await?;
    app.work();
    let id = app.enqueue(faulty(Fault::Hang)).await?;
    let job = app.ended(id).await?;
    assert_eq!((job.state, job.attempt), (JobState::Failed, 2));
    assert_eq!(job.last_error.as_deref(), Some("timed out after 200ms"));
    app.drain().await
}

async fn a_deaf_handler_is_stopped_after_a_cancellation(pairing: Pairing) -> Result<()> {
    let mut app =
        TestApp::new(pairing, |settings| settings.worker.cancel_grace = Duration::from_millis(200)).await?;
    app.work();
    let id = app.enqueue(faulty(Fault::Hang)).await?;
    app.job_when(id, "it runs", |job| job.state == JobState::Running).await?;
    app.cancel(id).await?;
    assert_eq!(app.ended(id).await?.state, JobState::Cancelled);
    app.drain().await
}

async fn jobs_that_the_transport_never_saw_are_brought_in(pairing: Pairing) -> Result<()> {
    let app = TestApp::working(pairing).await?;
    let jobs: Vec<_> = (0..2500).map(|_| NewJob::new(None, &Probe::default())).collect::<Result<_, _>>()?;
    let enqueued = ledger::enqueue(app.kernel.db.writer(), jobs, app.clock.now()).await?;
    drop(enqueued.pushes);
    app.drain().await
}

async fn a_stopping_worker_gives_back_what_it_cannot_end(pairing: Pairing) -> Result<()> {
    let mut app = TestApp::new(pairing, |settings| settings.worker.drain = Duration::from_secs(4)).await?;
    app.work();
    let long = NewJob::new(None, &Probe { sleep_ms: Some(600_000), ..Probe::default() })?;
    let short = NewJob::new(None, &Probe { sleep_ms: Some(1_000), ..Probe::default() })?;
    let (long, short) = (app.enqueue(long).await?, app.enqueue(short).await?);
    for id in [long, short] {
        app.job_when(id, "it is started", |job| job.attempt == 1).await?;
    }
    // The ledger shows this before a handler has the job, and a job without a handler is released immediately. Handlers
    // get their jobs in order of the starts: once a later job has ended, these two have theirs.
    let later = app.enqueue(NewJob::new(None, &Probe::default())?).await?;
    app.ended(later).await?;
    app.stop_workers().await?;
    let (long, short) = (app.job(long).await?, app.job(short).await?);
    assert_eq!(short.state, JobState::Succeeded, "it could end in time");
    assert_eq!((long.state, long.failures, long.lost_leases), (JobState::Retrying, 0, 0));
    let depth = app.kernel.transport.depth(Probe::KIND.as_str()).await?;
    assert_eq!(depth.ready, 1, "ready for another worker at once");
    Ok(())
}

async fn an_unreadable_payload_is_given_up(pairing: Pairing) -> Result<()> {
    use sea_orm::ConnectionTrait;
    let mut app = TestApp::new(pairing, |_| {}).await?;
    let id = app.enqueue(NewJob::new(None, &Probe::default())?).await?;
    app.kernel.db.writer().execute_unprepared("update jobs set payload = '{\"fault\": 7}'").await?;
    app.work();
    let job = app.ended(id).await?;
    assert_eq!((job.state, job.attempt), (JobState::Failed, 1));
    assert!(job.last_error.unwrap().starts_with("unreadable payload"));
    app.drain().await
}
