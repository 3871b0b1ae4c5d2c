//! Throughput: events posted as fast as possible, to one endpoint or several.

use super::{
    longest_gap,
    shares::Shares,
    sink::{Manner, Sink},
    stage::Stage,
    svix,
};
use crate::report::{Figure, Goal};
use anyhow::{Context, Result, ensure};
use std::time::{Duration, Instant};

/// Measures the scenario. `goal` is deliveries per second, from the first POST to the last arrival, on a machine where
/// Svix server delivers `theirs`; if Svix server is measured too, the goal for the ratio is `goal / theirs`.
#[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
pub async fn run(events: usize, endpoints: usize, goal: f64, theirs: f64) -> Result<Vec<Figure>> {
    let (mut stage, sink) = (Stage::open().await?, Sink::start(Manner::Prompt)?);
    stage.work().await?;
    let key = stage.key("bench").await?;
    for number in 0..endpoints {
        stage.register(&key, &format!("{}{number}", sink.base()), 10).await?;
    }
    let warmed = stage.warm_up(&key, &sink, endpoints).await?;
    let (before, wanted) = (Shares::now(&stage)?, events * endpoints);
    let posts = stage.post(&key, events, Duration::ZERO).await?;
    sink.arrived(wanted).await?;
    stage.written(&sink).await?;
    let written = Instant::now();
    let name = format!("{events} events to {endpoints}");
    let shares = Shares::since(&stage, &before, &name)?;
    stage.check(&sink, endpoints, warmed + events).await?;
    let arrivals = sink.arrivals();
    ensure!(arrivals.len() == wanted, "{} arrivals of {wanted} deliveries", arrivals.len());
    let last = arrivals.last().context("no arrival")?.at;
    let figure = |what: &str, count: usize, end: Instant, goal| {
        let per_second = count as f64 / (end - posts.begin).as_secs_f64();
        Figure::new(format!("webhooks: {name}, {what}"), per_second, "/s", goal)
    };
    let mut figures = vec![
        figure("delivered", wanted, last, Goal::AtLeast(goal)),
        figure("delivered and written", wanted, written, Goal::None),
        figure("posted", events, posts.end, Goal::None),
        longest_gap(&name, &arrivals),
    ];
    figures.extend(stage.memory(&name)?);
    figures.extend(shares);
    drop((stage, sink));
    figures.extend(svix::beside(&name, (events, endpoints), figures[0].value, goal / theirs).await?);
    Ok(figures)
}
