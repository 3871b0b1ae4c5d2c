//! Backlog: events posted while no worker runs, until all have arrived.

use super::{
    longest_gap,
    shares::Shares,
    sink::{Manner, Sink},
    stage::Stage,
};
use crate::report::{Figure, Goal};
use anyhow::{Context, Result};
use std::time::{Duration, Instant};

/// Measures the scenario; the worker is not warmed up.
#[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
pub async fn run(events: usize) -> Result<Vec<Figure>> {
    let (mut stage, sink) = (Stage::open().await?, Sink::start(Manner::Prompt)?);
    let key = stage.key("bench").await?;
    stage.register(&key, &format!("{}0", sink.base()), 10).await?;
    stage.post(&key, events, Duration::ZERO).await?;
    let (before, begin) = (Shares::now(&stage)?, Instant::now());
    stage.work().await?;
    sink.arrived(events).await?;
    stage.written(&sink).await?;
    let name = format!("backlog of {events}");
    let shares = Shares::since(&stage, &before, &name)?;
    stage.check(&sink, 1, events).await?;
    let arrivals = sink.arrivals();
    let (first, last) = (arrivals.first().context("none")?.at, arrivals.last().context("none")?.at);
    let figure = |what: &str, begin: Instant, goal| {
        let per_second = events as f64 / (last - begin).as_secs_f64();
        Figure::new(format!("webhooks: {name}, {what}"), per_second, "/s", goal)
    };
    let mut figures = vec![
        figure("from its first arrival", first, Goal::AtLeast(8_000.0)),
        figure("from the worker's start", begin, Goal::None),
        longest_gap(&name, &arrivals),
    ];
    figures.extend(stage.memory(&name)?);
    figures.extend(shares);
    Ok(figures)
}
