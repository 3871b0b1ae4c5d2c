//! Webhooks: events posted over HTTP by 16 callers, delivered to receivers in this process; api and worker
//! are a process each, and every attempt is stored.

mod backlog;
mod hanging;
mod killed;
mod latency;
mod redis;
mod shares;
mod sink;
mod stage;
pub mod svix;
mod throughput;

use crate::report::{Figure, Goal};
use anyhow::Result;
use clap::ValueEnum;
use hdrhistogram::Histogram;
use sink::Arrival;
use stage::Posts;
use std::time::Duration;

/// What can be measured by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    // First, as long as PostgreSQL has nothing to tidy up after the others.
    /// From the post to the arrival, at 50 events a second.
    Latency,
    /// 20,000 events, one endpoint.
    One,
    /// 5,000 events, five endpoints.
    Five,
    /// 20,000 events, five endpoints.
    Large,
    /// 20,000 events that waited for the worker.
    Backlog,
    /// An endpoint beside one that accepts and never answers.
    Hang,
    /// Redis is killed, and comes back empty.
    Redis,
    /// Api and worker are killed, and started again.
    Kill,
}

/// Measures these parts, or all, each on a platform of its own; with so many events, if said.
pub async fn run(only: &[Part], count: Option<usize>) -> Result<Vec<Figure>> {
    let mut figures = vec![];
    let parts = if only.is_empty() { Part::value_variants() } else { only };
    for part in parts {
        eprintln!("measuring webhooks {part:?} …");
        figures.extend(match part {
            Part::One => throughput::run(count.unwrap_or(20_000), 1, 4_000.0, 2_340.0).await?,
            Part::Five => throughput::run(count.unwrap_or(5_000), 5, 10_000.0, 7_020.0).await?,
            Part::Large => throughput::run(count.unwrap_or(20_000), 5, 10_000.0, 4_810.0).await?,
            Part::Backlog => backlog::run(count.unwrap_or(20_000)).await?,
            Part::Latency => latency::run(count.unwrap_or(1_000)).await?,
            Part::Hang => hanging::run(count.unwrap_or(10_000)).await?,
            Part::Redis => redis::run(count.unwrap_or(2_000)).await?,
            Part::Kill => killed::run(count.unwrap_or(2_000)).await?,
        });
    }
    Ok(figures)
}

/// How long events took from the start of their post to their arrival.
struct Delays(Histogram<u64>);

impl Delays {
    fn of(arrivals: &[Arrival], posts: &Posts) -> Result<Self> {
        let mut histogram = Histogram::new(3)?;
        for arrival in arrivals {
            let delay = arrival.at.saturating_duration_since(posts.start(arrival.index)?);
            histogram.record(u64::try_from(delay.as_micros())?)?;
        }
        Ok(Self(histogram))
    }

    /// In milliseconds.
    fn ms(&self, quantile: f64) -> f64 {
        Duration::from_micros(self.0.value_at_quantile(quantile)).as_secs_f64() * 1e3
    }
}

/// The longest time in which nothing arrived, from the first arrival to the last: whether something stood
/// still.
fn longest_gap(name: &str, arrivals: &[Arrival]) -> Figure {
    let gaps = arrivals.windows(2).map(|pair| pair[1].at - pair[0].at);
    let longest = gaps.max().unwrap_or_default().as_secs_f64() * 1e3;
    Figure::new(format!("webhooks: {name}, longest gap"), longest, "ms", Goal::None)
}
