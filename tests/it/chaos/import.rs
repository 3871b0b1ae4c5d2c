//! Processes of ours are killed during an import.

use super::Platform;
use anyhow::{Result, ensure};
use harness::until;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_worker_takes_over_within_20_s() -> Result<()> {
    let platform = Platform::start(2).await?;
    let import = platform.begin_import().await?;
    platform.processed(&import, 1000).await?;
    let dead = &platform.workers[0];
    dead.sigkill();
    // A job that it held is `running` under its name until somebody takes it over.
    let held =
        format!("select count(*) from jobs where state = 'running' and worker like '%:{}:%'", dead.pid());
    let taken_over = async || Ok((platform.sql(&held)?.trim() == "0").then_some(()));
    until("its jobs are taken over", Duration::from_secs(20), taken_over).await?;
    platform.completed(&import).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_of_four_workers_are_killed_every_2_s() -> Result<()> {
    let mut platform = Platform::start(4).await?;
    let import = platform.begin_import().await?;
    platform.processed(&import, 200).await?;
    let mut killed = 0;
    let mut beat = tokio::time::interval(Duration::from_secs(2));
    while !platform.has_ended(&import).await {
        beat.tick().await;
        for worker in platform.workers.drain(..2) {
            worker.sigkill();
            killed += 1;
        }
        platform.add_worker().await?;
        platform.add_worker().await?;
    }
    ensure!(killed >= 4, "the import ended after {killed} kills");
    platform.completed(&import).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_api_is_killed_right_after_its_202() -> Result<()> {
    let mut platform = Platform::start(2).await?;
    let import = platform.begin_import().await?;
    platform.api.sigkill();
    platform.restart_api().await?;
    platform.completed(&import).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_is_asked_to_stop_loses_nothing() -> Result<()> {
    let platform = Platform::start(2).await?;
    let import = platform.begin_import().await?;
    platform.processed(&import, 1000).await?;
    platform.workers[0].sigterm()?;
    let status = platform.workers[0].wait_exit(Duration::from_secs(10)).await?;
    ensure!(status.success(), "{status}: {}", platform.workers[0].log());
    platform.completed(&import).await?;
    let lost = platform.sql("select coalesce(sum(lost_leases), 0) from jobs")?;
    ensure!(lost.trim() == "0", "{lost} leases ran out: jobs were neither finished nor given back");
    Ok(())
}
