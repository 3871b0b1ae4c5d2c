//! Latency: from the start of the POST to the arrival, at 50 events per second.

use super::{
    Delays,
    sink::{Manner, Sink},
    stage::Stage,
};
use crate::{
    report::{Figure, Goal},
    yardsticks,
};
use anyhow::Result;
use std::time::Duration;

/// Measures the scenario.
pub async fn run(events: usize) -> Result<Vec<Figure>> {
    let at_rest = yardsticks::at_rest().await?;
    let (mut stage, sink) = (Stage::open().await?, Sink::start(Manner::Prompt)?);
    stage.work().await?;
    let key = stage.key("bench").await?;
    stage.register(&key, &format!("{}0", sink.base()), 10).await?;
    let warmed = stage.warm_up(&key, &sink, 1).await?;
    let posts = stage.post(&key, events, Duration::from_millis(20)).await?;
    sink.arrived(events).await?;
    stage.written(&sink).await?;
    stage.check(&sink, 1, warmed + events).await?;
    let delays = Delays::of(&sink.arrivals(), &posts)?;
    let figure = |what: &str, quantile, goal| {
        Figure::new(format!("webhooks: post to arrival at 50/s, {what}"), delays.ms(quantile), "ms", goal)
    };
    let mut figures = at_rest;
    figures.extend([
        figure("p50", 0.5, Goal::AtMost(3.0)),
        figure("p99", 0.99, Goal::AtMost(10.0)),
        figure("the longest", 1.0, Goal::None),
        Figure::new("webhooks: post to its own answer at 50/s, p50", posts.p50_ms, "ms", Goal::None),
    ]);
    figures.extend(stage.memory("at 50/s")?);
    Ok(figures)
}
