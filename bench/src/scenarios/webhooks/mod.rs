//! Webhooks: events posted over HTTP by 16 callers and delivered to receivers in this process, with one api process and
//! one worker process; every attempt is stored.

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

/// A part that can be measured separately.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    // From the POST to the arrival, at 50 events per second. Runs first, before PostgreSQL has to vacuum the rows of
    // other parts.
    Latency,
    /// 20,000 events to one endpoint.
    One,
    /// 5,000 events to five endpoints.
    Five,
    /// 20,000 events to five endpoints.
    Large,
    /// 20,000 events that waited for the worker.
    Backlog,
    /// An endpoint beside one that accepts requests and never responds.
    Hang,
    /// Redis is killed and restarted empty.
    Redis,
    /// Api and worker are killed and restarted.
    Kill,
}

/// Measures these parts, or all if empty, each on a separate platform; with this number of events, if given.
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

/// The latencies of events, from the start of the POST to the arrival.
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

    /// A quantile, in milliseconds.
    fn ms(&self, quantile: f64) -> f64 {
        Duration::from_micros(self.0.value_at_quantile(quantile)).as_secs_f64() * 1e3
    }
}

/// The longest time without an arrival, between the first arrival and the last: shows a stall.
fn longest_gap(name: &str, arrivals: &[Arrival]) -> Figure {
    let gaps = arrivals.windows(2).map(|pair| pair[1].at - pair[0].at);
    let longest = gaps.max().unwrap_or_default().as_secs_f64() * 1e3;
    Figure::new(format!("webhooks: {name}, longest gap"), longest, "ms", Goal::None)
}
