//! Jobs whose workers were lost: which losses count against them.

use crate::app::{Pairing, TestApp, both};
use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};
use engine::{
    jobs::Probe,
    ledger::{self, Finish, JobLease, NewJob, Rows},
};
use entities::{
    ids::{JobId, OrganizationId, ProvisioningId},
    job::{self, JobState},
};
use isp::payloads::ProvisioningUndo;
use std::time::{Duration, Instant};

both!(
    the_third_loss_quarantines_a_job_that_was_alone,
    a_suspect_is_not_started_in_company,
    what_is_lost_in_company_counts_once,
    what_is_lost_while_other_workers_die_counts_for_a_while_at_most,
    progress_and_an_end_clear_a_suspect,
    each_loss_makes_the_pause_longer,
    an_undo_is_never_quarantined,
    hundreds_of_suspects_are_through_in_seconds,
    a_suspect_runs_while_nothing_else_does,
    a_long_suspect_does_not_keep_the_others_waiting,
);

const LEASE: Duration = Duration::from_secs(1);

/// A job with its hour.
struct Life<'a> {
    app: &'a TestApp,
    id: JobId,
    now: DateTime<Utc>,
}

impl<'a> Life<'a> {
    async fn of(app: &'a TestApp, job: NewJob) -> Result<Self> {
        let id = app.enqueue(job).await?;
        Ok(Self { app, id, now: app.clock.now() })
    }

    /// Starts it, alone where it is a suspect, and returns its attempt.
    async fn starts(&self, worker: &str) -> Result<i32> {
        let db = self.app.kernel.db.writer();
        if let Some(started) = ledger::start(db, &[self.id], worker, LEASE, self.now).await?.pop() {
            return Ok(started.attempt);
        }
        let alone = ledger::start_alone(db, self.id, worker, LEASE, self.now).await?;
        Ok(alone.context("it is not due")?.job.attempt)
    }

    /// Its worker is lost, with all that it holds.
    async fn is_lost(&mut self) -> Result<job::Model> {
        self.now += TimeDelta::seconds(5);
        let (worker, keep) = (&self.app.kernel.settings.worker, &self.app.kernel.settings.retention);
        let _ =
            ledger::expire_leases(self.app.kernel.db.writer(), worker, keep, worker::KINDS, self.now).await?;
        let job = self.app.job(self.id).await?;
        // Its pause is over.
        self.now += TimeDelta::hours(2);
        Ok(job)
    }
}

fn probe() -> Result<NewJob> {
    Ok(NewJob::new(None, &Probe::default())?)
}

async fn the_third_loss_quarantines_a_job_that_was_alone(pairing: Pairing) -> Result<()> {
    let app = TestApp::new(pairing, |_| {}).await?;
    let mut life = Life::of(&app, probe()?).await?;
    let mut states = vec![];
    for worker in ["one", "two", "doomed"] {
        life.starts(worker).await?;
        states.push(life.is_lost().await?.state);
    }
    assert_eq!(states, [JobState::Retrying, JobState::Retrying, JobState::Quarantined]);
    let job = app.job(life.id).await?;
    assert_eq!((job.lost_leases, job.failures), (3, 0));
    assert!(job.last_error.as_deref().is_some_and(|error| error.contains("doomed")), "{job:?}");
    // By hand it begins anew.
    app.retry_manually(life.id).await?;
    assert_eq!(app.job(life.id).await?.crashes, 0);
    Ok(())
}

async fn a_suspect_is_not_started_in_company(pairing: Pairing) -> Result<()> {
    let app = TestApp::new(pairing, |_| {}).await?;
    let mut life = Life::of(&app, probe()?).await?;
    life.starts("one").await?;
    life.is_lost().await?;
    let db = app.kernel.db.writer();
    assert!(ledger::start(db, &[life.id], "two", LEASE, life.now).await?.is_empty());
    let waiting = ledger::waiting(db, &[life.id], life.now).await?;
    assert_eq!((waiting.suspects, waiting.early.len()), (vec![life.id], 0));
    Ok(())
}

async fn what_is_lost_in_company_counts_once(pairing: Pairing) -> Result<()> {
    let app = TestApp::new(pairing, |_| {}).await?;
    let mut life = Life::of(&app, probe()?).await?;
    for worker in ["one", "two", "three", "four", "five"] {
        let attempt = life.starts(worker).await?;
        ledger::mark_not_alone(app.kernel.db.writer(), JobLease { id: life.id, attempt }).await?;
        assert_eq!(life.is_lost().await?.crashes, 1, "{worker}");
    }
    Ok(())
}

/// Each time another worker dies meanwhile, that was none of the job's: six times at most, and no more.
async fn what_is_lost_while_other_workers_die_counts_for_a_while_at_most(pairing: Pairing) -> Result<()> {
    let app = TestApp::new(pairing, |_| {}).await?;
    let mut life = Life::of(&app, probe()?).await?;
    let mut counted = vec![];
    for round in 0..7 {
        life.starts(&format!("mine {round}")).await?;
        counted.push(life.is_lost().await?.crashes);
        let mut other = Life { now: life.now, ..Life::of(&app, probe()?).await? };
        other.starts(&format!("other {round}")).await?;
        other.is_lost().await?;
        life.now = other.now;
    }
    assert_eq!(counted, [1, 1, 1, 1, 1, 2, 3]);
    assert_eq!(app.job(life.id).await?.state, JobState::Quarantined);
    Ok(())
}

async fn progress_and_an_end_clear_a_suspect(pairing: Pairing) -> Result<()> {
    let app = TestApp::new(pairing, |_| {}).await?;
    let db = app.kernel.db.writer();
    let mut life = Life::of(&app, probe()?).await?;
    for round in 0..4 {
        let attempt = life.starts(&format!("one {round}")).await?;
        ledger::advance(db, life.id, attempt, Rows { processed: 1, succeeded: 1, failed: 0 }).await?;
        assert_eq!(app.job(life.id).await?.crashes, 0);
        assert_eq!(life.is_lost().await?.crashes, 1);
        let attempt = life.starts(&format!("two {round}")).await?;
        let held = JobLease { id: life.id, attempt };
        let finish = Finish { run_at: Some(life.now), ..Finish::new(held, JobState::Retrying) };
        let _ = ledger::finish(db, &[finish], &app.kernel.settings.retention, life.now).await?;
        let job = app.job(life.id).await?;
        assert_eq!((job.state, job.crashes, job.lost_leases), (JobState::Retrying, 0, round + 1));
        life.now += TimeDelta::seconds(1);
    }
    Ok(())
}

async fn each_loss_makes_the_pause_longer(pairing: Pairing) -> Result<()> {
    let app = TestApp::new(pairing, |settings| settings.worker.lost_leases = 100).await?;
    let mut life = Life::of(&app, probe()?).await?;
    for (round, seconds) in [1.0, 4.0, 15.0, 60.0, 600.0, 3600.0, 3600.0].into_iter().enumerate() {
        life.starts(&format!("{round}")).await?;
        let at = life.now + TimeDelta::seconds(5);
        let pause = (life.is_lost().await?.run_at - at).as_seconds_f64();
        assert!((seconds * 0.75..seconds * 1.25 + 1.0).contains(&pause), "{pause} s instead of {seconds}");
    }
    Ok(())
}

async fn an_undo_is_never_quarantined(pairing: Pairing) -> Result<()> {
    let app = TestApp::new(pairing, |_| {}).await?;
    let undo = ProvisioningUndo { request: ProvisioningId::new() };
    let mut life = Life::of(&app, NewJob::new(None::<OrganizationId>, &undo)?).await?;
    for round in 1..=20 {
        life.starts(&format!("{round}")).await?;
        let job = life.is_lost().await?;
        assert_eq!((job.state, job.crashes), (JobState::Retrying, round));
    }
    Ok(())
}

/// As many probes as a process has slots, all in flight when it died.
async fn suspects(app: &TestApp, jobs: usize, probe: &Probe) -> Result<Vec<JobId>> {
    let (kernel, now) = (&app.kernel, app.clock.now());
    let all: Vec<_> = (0..jobs).map(|_| NewJob::new(None, probe)).collect::<Result<_, _>>()?;
    let ids: Vec<_> = all.iter().map(|job| job.id).collect();
    // They are not pushed.
    drop(ledger::enqueue(kernel.db.writer(), all, now).await?.pushes);
    ledger::start(kernel.db.writer(), &ids, "lost", Duration::from_millis(1), now).await?;
    tokio::time::sleep(Duration::from_millis(5)).await;
    let (worker, keep, now) = (&kernel.settings.worker, &kernel.settings.retention, app.clock.now());
    // A worker that is there may have been quicker.
    let (_, tickets) = ledger::expire_leases(kernel.db.writer(), worker, keep, worker::KINDS, now).await?;
    tickets.push(&*kernel.transport).await;
    for id in &ids {
        assert_eq!(app.job(*id).await?.lost_leases, 1);
    }
    Ok(ids)
}

async fn hundreds_of_suspects_are_through_in_seconds(pairing: Pairing) -> Result<()> {
    let mut app = TestApp::new(pairing, |_| {}).await?;
    let ids = suspects(&app, 200, &Probe::default()).await?;
    let began = Instant::now();
    app.work();
    for id in ids {
        assert_eq!(app.ended(id).await?.state, JobState::Succeeded);
    }
    println!("{pairing:?}: 200 suspects in {:?}", began.elapsed());
    app.drain().await
}

async fn a_suspect_runs_while_nothing_else_does(pairing: Pairing) -> Result<()> {
    let mut app =
        TestApp::new(pairing, |settings| settings.worker.drain = Duration::from_millis(200)).await?;
    let endless = Probe { sleep_ms: Some(600_000), ..Probe::default() };
    let short = Probe { sleep_ms: Some(300), ..Probe::default() };
    app.work();
    let other = app.enqueue(NewJob::new(None, &endless)?).await?;
    app.job_when(other, "it runs", |job| job.state == JobState::Running).await?;
    let suspect = suspects(&app, 1, &short).await?[0];
    app.job_when(suspect, "it runs alone", |job| job.state == JobState::Running && job.alone).await?;
    let given_back = app.job(other).await?;
    assert_eq!(
        (given_back.state, given_back.lost_leases),
        (JobState::Retrying, 0),
        "it was not done in time"
    );
    assert_eq!(app.ended(suspect).await?.state, JobState::Succeeded);
    app.job_when(other, "it runs again", |job| job.state == JobState::Running && job.attempt == 2).await?;
    app.cancel(other).await?;
    app.drain().await
}

async fn a_long_suspect_does_not_keep_the_others_waiting(pairing: Pairing) -> Result<()> {
    let mut app = TestApp::new(pairing, |settings| settings.worker.lease = Duration::from_secs(3)).await?;
    let endless = Probe { sleep_ms: Some(600_000), ..Probe::default() };
    let suspect = suspects(&app, 1, &endless).await?[0];
    app.work();
    app.job_when(suspect, "it runs alone", |job| job.state == JobState::Running && job.alone).await?;
    let other = app.enqueue(probe()?).await?;
    assert_eq!(app.ended(other).await?.state, JobState::Succeeded);
    let job = app.job(suspect).await?;
    assert_eq!((job.state, job.alone, job.crashes), (JobState::Running, false, 1));
    app.cancel(suspect).await?;
    app.drain().await
}
