//! Redis is killed and restarted empty: with most deliveries pending, and with all of them waiting for a worker.

use super::{
    sink::{Manner, Sink},
    stage::Stage,
};
use crate::report::{Figure, Goal};
use anyhow::{Context, Result};
use std::time::{Duration, Instant};

/// The receiver's delay; with [`UNDER_WAY`], 500 deliveries per second.
pub const SLOW: Manner = Manner::Slow(Duration::from_millis(200));
/// The number of concurrent deliveries.
pub const UNDER_WAY: usize = 100;
/// The duration of the outage of Redis.
const OUTAGE: Duration = Duration::from_secs(1);

/// Measures the scenario.
pub async fn run(events: usize) -> Result<Vec<Figure>> {
    // 1,490 of 2,000 events are pending.
    let mut figures = lose(events, Some(events * 510 / 2_000)).await?;
    figures.extend(lose(events, None).await?);
    Ok(figures)
}

/// Kills Redis after this number of arrivals; `None`: before the start of the worker.
#[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
async fn lose(events: usize, arrived: Option<usize>) -> Result<Vec<Figure>> {
    let (mut stage, sink) = (Stage::open().await?, Sink::start(SLOW)?);
    let key = stage.key("bench").await?;
    stage.register(&key, &format!("{}0", sink.base()), UNDER_WAY).await?;
    stage.post(&key, events, Duration::ZERO).await?;
    if let Some(arrived) = arrived {
        stage.work().await?;
        sink.arrived(arrived).await?;
    }
    let (killed, left) = (Instant::now(), events - sink.arrivals().len());
    let redis = &harness::shared().redis;
    redis.kill();
    tokio::time::sleep(OUTAGE).await;
    redis.start_again()?;
    if arrived.is_none() {
        stage.work().await?;
    }
    let came = sink.wait(events).await;
    if came == events {
        stage.written(&sink).await?;
        stage.check(&sink, 1, events).await?;
    }
    let arrivals = sink.arrivals();
    let took = arrivals.last().context("no arrival")?.at.saturating_duration_since(killed);
    let name = format!("Redis lost, {left} to go");
    let figure = |what: &str, value, unit, most| {
        Figure::new(format!("webhooks: {name}, {what}"), value, unit, Goal::AtMost(most))
    };
    let mut figures = vec![
        figure("never came", (events - came) as f64, "events", 0.0),
        figure("all within", took.as_secs_f64(), "s", 20.0),
        figure("came twice", (arrivals.len() - came) as f64, "events", UNDER_WAY as f64),
    ];
    figures.extend(stage.memory(&name)?);
    Ok(figures)
}
