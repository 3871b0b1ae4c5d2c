//! Workers die, hang, and are stopped.

use super::{EVENTS, Load, Platform, UNDER_WAY, ends_with_again, in_the_middle, sink::Sink};
use crate::app::PATIENCE;
use anyhow::{Result, ensure};
use harness::until;
use std::time::Duration;

/// How long it may take until somebody else goes on.
const SOON: Duration = Duration::from_secs(20);

impl Platform {
    /// The place of a worker that has an endpoint for itself.
    pub async fn sender(&self) -> Result<usize> {
        let holders = "select worker from jobs where kind = 'webhook_delivery' and state = 'running'";
        until("a worker sends", PATIENCE, async || {
            let holders = self.sql(holders)?;
            let sends = |pid: u32| holders.contains(&format!(":{pid}:"));
            Ok(self.workers.iter().position(|worker| sends(worker.pid())))
        })
        .await
    }
}

/// Returns when every receiver has got something more; fails if that takes too long.
async fn goes_on(load: &Load) -> Result<()> {
    let counts = || load.sinks.iter().map(Sink::count).collect::<Vec<_>>();
    // What the dead one had sent may still be read.
    let wanted: Vec<_> = counts().into_iter().map(|count| (count + UNDER_WAY / 10).min(EVENTS)).collect();
    let enough = || counts().into_iter().zip(&wanted).all(|(count, wanted)| count >= *wanted);
    until("deliveries go on", SOON, async || Ok(enough().then_some(()))).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_worker_goes_on_within_20_s() -> Result<()> {
    let (platform, load) = in_the_middle(2, EVENTS).await?;
    let worker = &platform.workers[platform.sender().await?];
    worker.sigkill();
    goes_on(&load).await?;
    ends_with_again(load, UNDER_WAY).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_is_started_again_goes_on_within_20_s() -> Result<()> {
    let (mut platform, load) = in_the_middle(1, EVENTS).await?;
    platform.workers[0].sigkill();
    platform.add_worker().await?;
    goes_on(&load).await?;
    ends_with_again(load, UNDER_WAY).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_hangs_and_comes_back_does_no_harm() -> Result<()> {
    let (platform, load) = in_the_middle(2, EVENTS).await?;
    let frozen = &platform.workers[platform.sender().await?];
    frozen.sigstop()?;
    platform.taken_over(frozen).await?;
    frozen.sigcont()?;
    ends_with_again(load, UNDER_WAY).await?;
    platform.nobody_exited()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_is_asked_to_stop_loses_and_repeats_nothing() -> Result<()> {
    let (platform, load) = in_the_middle(2, EVENTS).await?;
    let leaving = &platform.workers[platform.sender().await?];
    leaving.sigterm()?;
    let status = leaving.wait_exit(Duration::from_secs(10)).await?;
    ensure!(status.success(), "{status}: {}", leaving.log());
    ends_with_again(load, 0).await?;
    platform.no_lease_lost()
}
