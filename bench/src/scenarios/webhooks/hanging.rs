//! A healthy endpoint beside one that accepts requests and never responds.

use super::{
    Delays,
    sink::{Manner, Sink},
    stage::Stage,
};
use crate::report::{Figure, Goal};
use anyhow::{Context, Result};
use std::time::Duration;

/// The interval between events: 500 per second.
const PAUSE: Duration = Duration::from_millis(2);

/// The organization of the endpoint that hangs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beside {
    Nobody,
    SameOrganization,
    AnotherOrganization,
}

/// The results of the healthy endpoint.
struct Fared {
    per_second: f64,
    p99_ms: f64,
}

/// Measures the scenario; an organization with an endpoint that hangs gets the same number of events.
pub async fn run(events: usize) -> Result<Vec<Figure>> {
    let mut figures = vec![];
    let alone = fare(events, Beside::Nobody, "nobody", &mut figures).await?;
    for (beside, name) in
        [(Beside::SameOrganization, "one that hangs"), (Beside::AnotherOrganization, "another's that hangs")]
    {
        let fared = fare(events, beside, name, &mut figures).await?;
        let kept = fared.per_second / alone.per_second * 100.0;
        figures.push(Figure::new(
            format!("webhooks: beside {name}, rate kept"),
            kept,
            "%",
            Goal::AtLeast(90.0),
        ));
        let p99 =
            Figure::new(format!("webhooks: beside {name}, p99"), fared.p99_ms, "ms", Goal::AtMost(100.0));
        figures.push(p99);
    }
    Ok(figures)
}

#[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
async fn fare(events: usize, beside: Beside, name: &str, figures: &mut Vec<Figure>) -> Result<Fared> {
    let (mut stage, sink) = (Stage::open().await?, Sink::start(Manner::Prompt)?);
    stage.work().await?;
    let (key, other) = (stage.key("bench").await?, stage.key("other").await?);
    stage.register(&key, &format!("{}0", sink.base()), 10).await?;
    let warmed = stage.warm_up(&key, &sink, 1).await?;
    let silent = Sink::start(Manner::Silent)?;
    let owner = if beside == Beside::AnotherOrganization { &other } else { &key };
    if beside != Beside::Nobody {
        stage.register(owner, &format!("{}0", silent.base()), 10).await?;
    }
    let others = if beside == Beside::AnotherOrganization { events } else { 0 };
    let posts = tokio::try_join!(stage.post(&key, events, PAUSE), stage.post(&other, others, PAUSE))?.0;
    sink.arrived(events).await?;
    stage.written(&sink).await?;
    stage.check(&sink, 1, warmed + events).await?;
    let arrivals = sink.arrivals();
    let took = arrivals.last().context("no arrival")?.at - posts.begin;
    let fared = Fared {
        per_second: events as f64 / took.as_secs_f64(),
        p99_ms: Delays::of(&arrivals, &posts)?.ms(0.99),
    };
    let figure =
        |what, value, unit| Figure::new(format!("webhooks: beside {name}, {what}"), value, unit, Goal::None);
    figures.push(figure("rate", fared.per_second, "/s"));
    figures.extend(stage.memory(&format!("beside {name}"))?);
    Ok(fared)
}
