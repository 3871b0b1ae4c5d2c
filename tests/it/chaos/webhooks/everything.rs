//! All failures, one after another, during one load.

use super::{Platform, UNDER_WAY, ends_with_again, in_the_middle};
use anyhow::{Result, ensure};
use std::time::Duration;

const EVENTS: usize = 10_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_10_000_events_none_is_missing_whatever_dies() -> Result<()> {
    let (mut platform, load) = in_the_middle(2, EVENTS).await?;
    platform.redis.flush_all()?;
    load.arrived(30).await?;
    replace_killed(&mut platform).await?;
    load.arrived(45).await?;
    platform.postgres.kill()?;
    platform.postgres.start_again()?;
    load.arrived(60).await?;
    platform.redis.kill();
    platform.redis.start_again()?;
    load.arrived(75).await?;
    replace_leaving(&mut platform).await?;
    // The worker that was killed, and what was unwritten when the database went away.
    ends_with_again(load, 2 * UNDER_WAY).await?;
    platform.nobody_exited()
}

async fn replace_killed(platform: &mut Platform) -> Result<()> {
    let place = platform.sender().await?;
    let killed = platform.workers.remove(place);
    killed.sigkill();
    platform.add_worker().await?;
    platform.taken_over(&killed).await
}

async fn replace_leaving(platform: &mut Platform) -> Result<()> {
    let place = platform.sender().await?;
    let leaving = platform.workers.remove(place);
    leaving.sigterm()?;
    platform.add_worker().await?;
    let status = leaving.wait_exit(Duration::from_secs(10)).await?;
    ensure!(status.success(), "{status}: {}", leaving.log());
    Ok(())
}
