//! Processes are killed during an import.

use super::Platform;
use anyhow::{Result, ensure};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_worker_takes_over_within_20_s() -> Result<()> {
    let platform = Platform::start(2).await?;
    let import = platform.begin_import().await?;
    platform.processed(&import, 1000).await?;
    platform.workers[0].sigkill();
    platform.taken_over(&platform.workers[0]).await?;
    platform.completed(&import).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_hangs_and_comes_back_does_no_harm() -> Result<()> {
    let platform = Platform::start(2).await?;
    let import = platform.begin_import().await?;
    platform.processed(&import, 1000).await?;
    let frozen = &platform.workers[0];
    frozen.sigstop()?;
    platform.taken_over(frozen).await?;
    frozen.sigcont()?;
    platform.completed(&import).await?;
    ensure!(frozen.is_running(), "{}", frozen.log());
    Ok(())
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
    platform.no_lease_lost()
}
