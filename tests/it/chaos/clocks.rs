//! The clock of a process is set forward or back while it works. Embedded, it is the only clock; scaled, PostgreSQL has
//! another, which is right.

use crate::{
    app::{PATIENCE, Pairing, both},
    provisioning::{PLENTY, Platform},
};
use anyhow::{Context, Result};
use engine::{
    jobs::{Fault, Probe},
    ledger::NewJob,
};
use entities::{
    ids::JobId,
    job::{self, JobState},
};
use harness::{Process, until};
use sea_orm::EntityTrait;
use std::time::Duration;

both!(
    a_clock_that_jumps_costs_nobody_a_lease,
    a_clock_that_is_set_back_keeps_nobody_waiting,
    a_lease_does_not_outlast_a_clock_that_was_set_back,
);

/// A process with a clock of its own.
struct Moved {
    platform: Platform,
    process: Process,
    folder: tempfile::TempDir,
}

impl Moved {
    async fn start(pairing: Pairing) -> Result<Self> {
        let more = [("SWITCHYARD_WORKER_LEASE", "3s"), ("SWITCHYARD_JOBS_PROBE_RETRY", "2s")];
        let platform = Platform::with(pairing, PLENTY, &more).await?;
        let folder = tempfile::tempdir()?;
        let process = spawn(&platform, folder.path(), "+0").await?;
        Ok(Self { platform, process, folder })
    }

    /// Sets its clock this far from the host's.
    fn set(&self, offset: &str) -> Result<()> {
        set(self.folder.path(), offset)
    }

    async fn enqueue(&self, probe: &Probe) -> Result<JobId> {
        let job = NewJob::new(None, probe)?;
        let id = job.id;
        self.platform.ground.kernel.enqueuer.enqueue(job).await?;
        Ok(id)
    }

    async fn job_when(&self, id: JobId, what: &str, is: impl Fn(&job::Model) -> bool) -> Result<job::Model> {
        let db = self.platform.ground.kernel.db.reader();
        until(what, PATIENCE, async || Ok(job::Entity::find_by_id(id).one(db).await?.filter(|job| is(job))))
            .await
    }
}

fn set(folder: &std::path::Path, offset: &str) -> Result<()> {
    let next = folder.join("next");
    std::fs::write(&next, offset)?;
    Ok(std::fs::rename(next, folder.join("clock"))?)
}

async fn spawn(platform: &Platform, folder: &std::path::Path, offset: &str) -> Result<Process> {
    set(folder, offset)?;
    let (library, clock) = (harness::faketime()?, folder.join("clock"));
    let process = platform.spawn(
        "up",
        &[
            ("LD_PRELOAD", library.to_str().context("a path")?),
            ("FAKETIME_TIMESTAMP_FILE", clock.to_str().context("a path")?),
            ("FAKETIME_NO_CACHE", "1"),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            ("NO_FAKE_STAT", "1"),
        ],
    )?;
    process.wait_for_line("listening on", PATIENCE).await?;
    Ok(process)
}

/// Three jumps, while five jobs run for two leases.
async fn a_clock_that_jumps_costs_nobody_a_lease(pairing: Pairing) -> Result<()> {
    let moved = Moved::start(pairing).await?;
    let long = Probe { sleep_ms: Some(6_000), ..Probe::default() };
    let mut ids = vec![];
    for _ in 0..5 {
        ids.push(moved.enqueue(&long).await?);
    }
    for id in &ids {
        moved.job_when(*id, "it runs", |job| job.state == JobState::Running).await?;
    }
    for offset in ["+1h", "+2h", "-1h"] {
        moved.set(offset)?;
        tokio::time::sleep(Duration::from_millis(1_200)).await;
    }
    for id in ids {
        let job = moved.job_when(id, "it has ended", |job| job.state.is_final()).await?;
        assert_eq!((job.state, job.attempt, job.lost_leases), (JobState::Succeeded, 1, 0), "{job:?}");
    }
    assert!(moved.process.is_running(), "{}", moved.process.log());
    Ok(())
}

async fn a_clock_that_is_set_back_keeps_nobody_waiting(pairing: Pairing) -> Result<()> {
    let moved = Moved::start(pairing).await?;
    let fails = Probe { fault: Some(Fault::Retry), until_attempt: 1, ..Probe::default() };
    let id = moved.enqueue(&fails).await?;
    moved.job_when(id, "it waits for its retry", |job| job.state == JobState::Retrying).await?;
    moved.set("-1h")?;
    let job = moved.job_when(id, "it has ended", |job| job.state.is_final()).await?;
    assert_eq!((job.state, job.attempt), (JobState::Succeeded, 2));
    Ok(())
}

/// The process dies before it could renew the lease by the clock as it is now.
async fn a_lease_does_not_outlast_a_clock_that_was_set_back(pairing: Pairing) -> Result<()> {
    let mut moved = Moved::start(pairing).await?;
    let once = Probe { sleep_ms: Some(600_000), ..Probe::default() };
    let id = moved.enqueue(&once).await?;
    moved.job_when(id, "it runs", |job| job.state == JobState::Running).await?;
    moved.process.sigkill();
    moved.process.wait_exit(PATIENCE).await?;
    moved.process = spawn(&moved.platform, moved.folder.path(), "-1h").await?;
    moved.job_when(id, "it is taken over", |job| job.attempt == 2).await?;
    Ok(())
}
