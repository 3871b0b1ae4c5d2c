//! A handler that crashes its process repeatedly.

use super::Platform;
use anyhow::{Context, Result};
use engine::{
    jobs::{Fault, Probe},
    ledger::NewJob,
};
use entities::{job, job::JobState};
use harness::until;
use sea_orm::EntityTrait;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_kills_its_process_is_quarantined_after_three_times() -> Result<()> {
    let mut platform = Platform::start(1).await?;
    let kernel = platform.kernel().await?;
    let fatal = Probe { sleep_ms: Some(500), fault: Some(Fault::Abort), ..Probe::default() };
    let innocent = Probe { sleep_ms: Some(1_500), ..Probe::default() };
    let (fatal, innocent) = (NewJob::new(None, &fatal)?, NewJob::new(None, &innocent)?);
    let (id, beside) = (fatal.id, innocent.id);
    kernel.enqueuer.enqueue(innocent).await?;
    kernel.enqueuer.enqueue(fatal).await?;
    for _ in 0..3 {
        platform.workers[0].wait_exit(Duration::from_secs(40)).await?;
        platform.workers.clear();
        platform.add_worker().await?;
    }
    let job = until("the job has ended", Duration::from_secs(40), async || {
        let job = job::Entity::find_by_id(id).one(kernel.db.reader()).await?;
        Ok(job.filter(|job| job.state.is_final()))
    })
    .await?;
    assert_eq!((job.state, job.attempt, job.lost_leases), (JobState::Quarantined, 3, 3));
    assert!(platform.workers[0].is_running(), "the fourth worker was not given the job");
    let beside = job::Entity::find_by_id(beside).one(kernel.db.reader()).await?.context("the other")?;
    assert_eq!((beside.state, beside.attempt, beside.lost_leases), (JobState::Succeeded, 2, 1), "{beside:?}");
    Ok(())
}
