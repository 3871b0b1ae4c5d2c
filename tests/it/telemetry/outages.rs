//! A server is unavailable: its metrics are omitted, and the others are served in time.

use super::Ground;
use crate::app::{PATIENCE, Pairing};
use anyhow::Result;
use harness::{Postgres, RedisServer, until};
use std::time::{Duration, Instant};

const DEPTH: &str = "switchyard_queue_depth";
const OLDEST: &str = "switchyard_queue_oldest_seconds";

/// Well above the two seconds that a server has.
const SOON: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_the_queues_are_left_out_and_requests_counted_here() -> Result<()> {
    let redis = RedisServer::start()?;
    let mut environment = Pairing::Scaled.environment()?;
    environment.retain(|(name, _)| name != "REDIS_URL");
    environment.push(("REDIS_URL".into(), redis.url()));
    let ground = Ground::with(environment).await?;
    let serve = ground.start("serve", &[]).await?;
    let before = serve.scrape().await?;
    assert!(before.get(DEPTH, &[]).is_some() && before.get(OLDEST, &[]).is_some());
    redis.kill();
    for _ in 0..4 {
        assert_eq!(serve.request("GET", "/partner/api/v1/customers").send().await?.status(), 200);
    }
    let began = Instant::now();
    let found =
        serve.scrape_when("the queue's state is left out", |found| found.get(DEPTH, &[]).is_none()).await?;
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    assert_eq!(found.get(OLDEST, &[]), Some(0.0), "the ledger is there");
    assert_eq!(found.get("switchyard_limiter_local_total", &[]), Some(4.0));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_database_the_ages_are_left_out() -> Result<()> {
    let postgres = Postgres::start()?;
    let mut environment = Pairing::Scaled.environment()?;
    environment.retain(|(name, _)| name != "DATABASE_URL");
    environment.push(("DATABASE_URL".into(), postgres.create_database()?));
    let ground = Ground::with(environment).await?;
    let work = ground.start("work", &[]).await?;
    assert!(work.scrape().await?.get(OLDEST, &[]).is_some());
    postgres.kill()?;
    let began = Instant::now();
    let found = work.scrape_when("the ages are left out", |found| found.get(OLDEST, &[]).is_none()).await?;
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    assert_eq!(found.get(DEPTH, &[]), Some(0.0), "the queue is there");
    let alive = reqwest::get(format!("http://{}/healthz", work.address)).await?;
    assert_eq!(alive.status(), 200);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_api_process_logs_an_outage_of_the_database_and_its_end_once() -> Result<()> {
    let postgres = Postgres::start()?;
    let mut environment = Pairing::Scaled.environment()?;
    environment.retain(|(name, _)| name != "DATABASE_URL");
    environment.push(("DATABASE_URL".into(), postgres.create_database()?));
    let ground = Ground::with(environment).await?;
    let serve = ground.start("serve", &[]).await?;
    let list = async || -> Result<u16> {
        Ok(serve.request("GET", "/partner/api/v1/customers").send().await?.status().as_u16())
    };
    assert_eq!(list().await?, 200);
    for outage in 1..=2 {
        postgres.kill()?;
        for _ in 0..5 {
            assert_eq!(list().await?, 503);
        }
        let logged = async |text: &str| {
            until(text, PATIENCE, async || {
                Ok((serve.process.log().matches(text).count() >= outage).then_some(()))
            })
            .await
        };
        logged("away; trying again").await?;
        postgres.start_again()?;
        logged("back again").await?;
        until("requests are answered", PATIENCE, async || Ok((list().await? == 200).then_some(()))).await?;
    }
    for text in ["away; trying again", "back again"] {
        assert_eq!(serve.process.log().matches(text).count(), 2, "{}", serve.process.log());
    }
    Ok(())
}
