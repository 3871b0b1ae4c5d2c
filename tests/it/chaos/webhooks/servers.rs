//! Redis and PostgreSQL die. Neither API nor worker is restarted.

use super::{EVENTS, UNDER_WAY, ends_with_again, in_the_middle};
use anyhow::Result;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_is_flushed() -> Result<()> {
    let (platform, load) = in_the_middle(1, EVENTS).await?;
    platform.redis.flush_all()?;
    ends_with_again(load, 0).await?;
    platform.nobody_exited()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_is_killed_and_comes_back_empty() -> Result<()> {
    let (platform, load) = in_the_middle(1, EVENTS).await?;
    platform.redis.kill();
    platform.redis.start_again()?;
    ends_with_again(load, 0).await?;
    platform.nobody_exited()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_is_killed_and_restarted() -> Result<()> {
    let (platform, load) = in_the_middle(1, EVENTS).await?;
    platform.postgres.kill()?;
    platform.postgres.start_again()?;
    ends_with_again(load, UNDER_WAY).await?;
    platform.nobody_exited()
}
