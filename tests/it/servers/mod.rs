//! Servers as in production: with TLS, Sentinel, and Cluster.

mod cluster;
mod postgres;
mod redis;
mod sentinels;

use crate::{
    app::{KEY, TestApp},
    cli::switchyard,
};
use anyhow::Result;
use engine::{jobs::Probe, ledger::NewJob};
use entities::{ids::JobId, job::JobState};
use futures::future::try_join_all;
use std::time::Duration;

/// Far above what it takes.
const PATIENCE: Duration = Duration::from_mins(1);

/// What `doctor` says with this environment, and whether all is well.
async fn doctor(environment: &[(&str, &str)]) -> Result<(bool, String)> {
    let folder = tempfile::tempdir()?;
    let environment = environment.iter().copied().chain([("SWITCHYARD_SECRETS_KEY", KEY)]);
    let process = switchyard(&["doctor"]).envs(environment).current_dir(folder.path()).start()?;
    let status = process.wait_exit(PATIENCE).await?;
    Ok((status.success(), process.log()))
}

/// Enqueues so many jobs, a little apart from each other, as requests come.
async fn enqueue_slowly(app: &TestApp, jobs: usize) -> Result<Vec<JobId>> {
    let mut ids = vec![];
    for _ in 0..jobs {
        ids.push(app.enqueue(NewJob::new(None, &Probe::default())?).await?);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(ids)
}

/// Checks that each has run, and once.
async fn all_have_run_once(app: &TestApp, ids: &[JobId]) -> Result<()> {
    let ended = try_join_all(ids.iter().map(|id| app.ended(*id))).await?;
    for job in ended {
        assert_eq!((job.state, job.attempt, job.failures), (JobState::Succeeded, 1, 0), "{job:?}");
    }
    Ok(())
}
