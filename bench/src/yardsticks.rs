//! The present performance of this machine's PostgreSQL and Redis alone.

use crate::report::{Figure, Goal};
use anyhow::Result;
use sea_orm::{ConnectionTrait, Database};
use std::{
    fmt::Write,
    time::{Duration, Instant},
};

/// Measures the yardsticks.
pub async fn measure() -> Result<Vec<Figure>> {
    eprintln!("measuring yardsticks …");
    Ok(vec![
        figure("redis: round trips, one connection", redis_round_trips().await?),
        figure("postgres: single-row commits, one connection", commits().await?),
        figure("postgres: COPY of rows of 300 bytes", copied_rows().await?),
    ])
}

fn figure(name: &str, rate: f64) -> Figure {
    Figure::new(name, rate, "/s", Goal::None)
}

/// `count` per second since `since`.
#[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
pub fn rate(count: usize, since: Instant) -> f64 {
    count as f64 / since.elapsed().as_secs_f64()
}

async fn redis_round_trips() -> Result<f64> {
    let client = redis::Client::open(harness::shared().redis.url())?;
    let mut connection = client.get_multiplexed_async_connection().await?;
    let (count, begin) = (20_000, Instant::now());
    for _ in 0..count {
        redis::cmd("PING").exec_async(&mut connection).await?;
    }
    Ok(rate(count, begin))
}

async fn commits() -> Result<f64> {
    let db = Database::connect(harness::shared().postgres.create_database()?).await?;
    db.execute_unprepared("create table yard (id bigint primary key, text text)").await?;
    let (count, begin) = (3_000, Instant::now());
    for id in 0..count {
        db.execute_unprepared(&format!("insert into yard values ({id}, 'a row of some length')")).await?;
    }
    Ok(rate(count, begin))
}

/// Round trips a few times per second: a machine that idles in between responds more slowly. Medians, in milliseconds.
pub async fn at_rest() -> Result<Vec<Figure>> {
    let client = redis::Client::open(harness::shared().redis.url())?;
    let mut connection = client.get_multiplexed_async_connection().await?;
    let db = Database::connect(harness::shared().postgres.create_database()?).await?;
    db.execute_unprepared("create table yard (id bigint primary key, text text)").await?;
    let (mut commits, mut pings) = (vec![], vec![]);
    for id in 0..200 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let begin = Instant::now();
        db.execute_unprepared(&format!("insert into yard values ({id}, 'a row of some length')")).await?;
        commits.push(begin.elapsed());
        tokio::time::sleep(Duration::from_millis(20)).await;
        let begin = Instant::now();
        redis::cmd("PING").exec_async(&mut connection).await?;
        pings.push(begin.elapsed());
    }
    let median = |mut all: Vec<Duration>| {
        all.sort_unstable();
        all[all.len() / 2].as_secs_f64() * 1000.0
    };
    Ok(vec![
        Figure::new("postgres: a commit at 50/s, p50", median(commits), "ms", Goal::None),
        Figure::new("redis: a round trip at 50/s, p50", median(pings), "ms", Goal::None),
    ])
}

async fn copied_rows() -> Result<f64> {
    let db = Database::connect(harness::shared().postgres.create_database()?).await?;
    db.execute_unprepared("create table yard (id bigint primary key, text text)").await?;
    let (count, filling) = (100_000, "x".repeat(300));
    let mut text = String::with_capacity(count * 310);
    for id in 0..count {
        writeln!(text, "{id}\t{filling}")?;
    }
    let mut connection = db.get_postgres_connection_pool().acquire().await?;
    let begin = Instant::now();
    let mut copy = connection.copy_in_raw("copy yard from stdin").await?;
    copy.send(text.into_bytes()).await?;
    copy.finish().await?;
    Ok(rate(count, begin))
}
