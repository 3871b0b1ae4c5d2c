//! Redis and PostgreSQL die during an import. Neither API nor workers are restarted.

use super::Platform;
use anyhow::{Result, ensure};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_is_flushed() -> Result<()> {
    let platform = Platform::start(2).await?;
    let import = platform.begin_import().await?;
    platform.processed(&import, 1000).await?;
    platform.redis.flush_all()?;
    platform.completed(&import).await?;
    platform.nobody_exited()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_is_killed_and_comes_back_empty() -> Result<()> {
    let platform = Platform::start(2).await?;
    let import = platform.begin_import().await?;
    platform.processed(&import, 1000).await?;
    platform.redis.kill();
    platform.redis.start_again()?;
    platform.completed(&import).await?;
    platform.nobody_exited()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_is_accepted_while_redis_is_away() -> Result<()> {
    let platform = Platform::start(2).await?;
    platform.redis.kill();
    let import = platform.begin_import().await?;
    platform.redis.start_again()?;
    platform.completed(&import).await?;
    platform.nobody_exited()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_is_killed_and_restarted() -> Result<()> {
    let platform = Platform::start(2).await?;
    let import = platform.begin_import().await?;
    platform.processed(&import, 1000).await?;
    platform.postgres.kill()?;
    platform.postgres.start_again()?;
    platform.completed(&import).await?;
    platform.nobody_exited()?;
    for worker in &platform.workers {
        let complaints = worker.log().matches("away; trying again").count();
        // A server that is starting may be there and away again; a worker has more than a dozen tasks.
        ensure!((1..=4).contains(&complaints), "an outage is logged once, not by each task: {complaints}");
    }
    Ok(())
}
