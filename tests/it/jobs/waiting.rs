//! Jobs that wait for an external answer, without a worker.

use crate::app::{Pairing, TestApp, both};
use anyhow::Result;
use chrono::TimeDelta;
use engine::{
    jobs::{Fault, Job, Probe},
    ledger::{self, CancelOutcome, NewJob},
};
use entities::{
    ids::JobId,
    job::{self, JobState},
};
use kernel::{UnitOfWork, events::Actor};
use std::time::Duration;

both!(
    a_job_that_waits_is_woken_by_the_answer,
    an_answer_that_comes_while_it_still_runs_is_not_lost,
    an_answer_that_is_taken_back_wakes_nobody,
    without_an_answer_it_runs_when_its_time_comes,
    a_job_that_waits_is_cancelled_at_once,
);

/// Waits at its first attempt, after having worked for so long.
fn waiting(sleep_ms: u64) -> Result<NewJob> {
    let probe = Probe { sleep_ms: Some(sleep_ms), fault: Some(Fault::Wait), until_attempt: 1 };
    Ok(NewJob::new(None, &probe)?)
}

fn waits(job: &job::Model) -> bool {
    job.state == JobState::Queued && job.attempt == 1
}

async fn wake(app: &TestApp, id: JobId) -> Result<UnitOfWork> {
    let work = UnitOfWork::new(app.kernel.clone(), Actor::platform());
    let tickets = ledger::wake(&work.transaction().await?, id, work.now()).await?;
    work.enqueue_on_commit(tickets);
    Ok(work)
}

async fn a_job_that_waits_is_woken_by_the_answer(pairing: Pairing) -> Result<()> {
    let app = TestApp::working(pairing).await?;
    let id = app.enqueue(waiting(0)?).await?;
    let job = app.job_when(id, "it waits", waits).await?;
    assert!(job.run_at > app.clock.now() + TimeDelta::minutes(55), "{job:?}");
    assert_eq!((job.lease_until, job.failures, job.last_error), (None, 0, None));
    wake(&app, id).await?.commit().await?;
    let job = app.ended(id).await?;
    assert_eq!((job.state, job.attempt), (JobState::Succeeded, 2));
    // Later ones find it ended.
    wake(&app, id).await?.commit().await?;
    assert_eq!(app.job(id).await?.state, JobState::Succeeded);
    app.drain().await
}

/// It has looked for the answer already, and is about to wait.
async fn an_answer_that_comes_while_it_still_runs_is_not_lost(pairing: Pairing) -> Result<()> {
    let app = TestApp::working(pairing).await?;
    let id = app.enqueue(waiting(700)?).await?;
    app.job_when(id, "it runs", |job| job.state == JobState::Running).await?;
    wake(&app, id).await?.commit().await?;
    let job = app.job(id).await?;
    assert_eq!((job.state, job.woken_at.is_some()), (JobState::Running, true), "the test is too slow");
    let job = app.ended(id).await?;
    assert_eq!((job.state, job.attempt, job.woken_at), (JobState::Succeeded, 2, None));
    app.drain().await
}

async fn an_answer_that_is_taken_back_wakes_nobody(pairing: Pairing) -> Result<()> {
    let app = TestApp::working(pairing).await?;
    let id = app.enqueue(waiting(0)?).await?;
    let before = app.job_when(id, "it waits", waits).await?;
    wake(&app, id).await?.rollback().await?;
    let after = app.job(id).await?;
    assert_eq!((after.attempt, after.run_at), (1, before.run_at));
    wake(&app, id).await?.commit().await?;
    app.ended(id).await?;
    app.drain().await
}

async fn without_an_answer_it_runs_when_its_time_comes(pairing: Pairing) -> Result<()> {
    let app = TestApp::working(pairing).await?;
    let id = app.enqueue(waiting(0)?).await?;
    app.job_when(id, "it waits", waits).await?;
    app.clock.advance(TimeDelta::minutes(59));
    // The reconciler, which goes by that clock too, has been round.
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert!(waits(&app.job(id).await?));
    assert_eq!(app.kernel.transport.depth(Probe::KIND.as_str()).await?.delayed, 1);
    app.clock.advance(TimeDelta::minutes(2));
    let job = app.ended(id).await?;
    assert_eq!((job.state, job.attempt), (JobState::Succeeded, 2));
    app.drain().await
}

async fn a_job_that_waits_is_cancelled_at_once(pairing: Pairing) -> Result<()> {
    let app = TestApp::working(pairing).await?;
    let id = app.enqueue(waiting(0)?).await?;
    app.job_when(id, "it waits", waits).await?;
    assert_eq!(app.cancel(id).await?, CancelOutcome::Cancelled);
    wake(&app, id).await?.commit().await?;
    let job = app.job(id).await?;
    assert_eq!((job.state, job.attempt), (JobState::Cancelled, 1));
    app.drain().await
}
