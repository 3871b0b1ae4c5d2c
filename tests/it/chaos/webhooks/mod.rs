//! Processes and servers die during deliveries: every event arrives at every receiver, with one number; duplicates have
//! the same `webhook-id`, and are at most those in flight.

mod embedded;
mod everything;
mod load;
mod rotation;
mod servers;
mod sink;
mod workers;

use super::Platform;
use anyhow::{Result, ensure};
use load::Load;

/// Events of a run in which one thing dies.
const EVENTS: usize = 1_000;

/// Attempts whose end a worker may know alone: those to both receivers, and a batch that is being written.
const UNDER_WAY: usize = 2 * 10 + 500;

/// A platform with so many workers under a load of so many events; a quarter has arrived.
async fn in_the_middle(workers: usize, events: usize) -> Result<(Platform, Load)> {
    let platform = Platform::start(workers).await?;
    let load = Load::begin(platform.kernel().await?, &platform.caller(), events).await?;
    load.arrived(25).await?;
    Ok((platform, load))
}

/// Waits for the end; fails when more than this arrived again.
async fn ends_with_again(load: Load, most: usize) -> Result<()> {
    let again = load.ends().await?;
    println!("{again} arrived again");
    ensure!(again <= most, "{again} arrived again, and {most} could have been under way");
    Ok(())
}
