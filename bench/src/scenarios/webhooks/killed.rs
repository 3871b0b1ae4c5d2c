//! Api and worker are killed with some deliveries in flight and others pending, and restarted at once.

use super::{
    redis::{SLOW, UNDER_WAY},
    sink::Sink,
    stage::Stage,
};
use crate::report::{Figure, Goal};
use anyhow::{Context, Result};
use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

/// Measures the scenario.
#[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
pub async fn run(events: usize) -> Result<Vec<Figure>> {
    let (mut stage, sink) = (Stage::open().await?, Sink::start(SLOW)?);
    let key = stage.key("bench").await?;
    stage.register(&key, &format!("{}0", sink.base()), UNDER_WAY).await?;
    stage.post(&key, events, Duration::ZERO).await?;
    stage.work().await?;
    // 508 of 2,000 events have not arrived.
    sink.arrived(events - events * 508 / 2_000).await?;
    let killed = Instant::now();
    stage.kill()?;
    let unwritten = stage.unwritten().await?;
    let before: HashSet<_> = sink.arrivals().iter().map(|it| it.index).collect();
    let under_way: HashSet<_> = unwritten.iter().copied().filter(|index| before.contains(index)).collect();
    stage.start_again().await?;
    let came = sink.wait(events).await;
    if came == events {
        stage.written(&sink).await?;
        stage.check(&sink, 1, events).await?;
    }
    let arrivals = sink.arrivals();
    let took = arrivals.last().context("no arrival")?.at - killed;
    let mut seen = HashSet::new();
    let twice = arrivals.iter().filter(|it| !seen.insert(it.index)).map(|it| it.index);
    let (twice, wrongly): (Vec<_>, Vec<_>) = twice.partition(|index| under_way.contains(index));
    let name = format!("killed, {} to go", unwritten.len());
    let figure =
        |what: &str, value, unit, goal| Figure::new(format!("webhooks: {name}, {what}"), value, unit, goal);
    let mut figures = vec![
        figure("never came", (events - came) as f64, "events", Goal::AtMost(0.0)),
        figure("all within", took.as_secs_f64(), "s", Goal::AtMost(20.0)),
        figure("sent, not written", under_way.len() as f64, "events", Goal::None),
        figure("of these twice", twice.len() as f64, "events", Goal::None),
        figure("others twice", wrongly.len() as f64, "events", Goal::AtMost(0.0)),
    ];
    figures.extend(stage.memory(&name)?);
    Ok(figures)
}
