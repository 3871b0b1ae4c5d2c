//! The CPU time of each process.

use super::{sink, stage::Stage};
use crate::{
    platform::{cpu_seconds, cpu_seconds_of_ended, cpu_seconds_of_threads},
    report::{Figure, Goal},
};
use anyhow::{Context, Result};

const NAMES: [&str; 6] = ["api", "worker", "PostgreSQL", "Redis", "callers", "sink"];

/// CPU time in seconds, in the order of `NAMES`.
pub struct Shares([f64; 6]);

impl Shares {
    /// Returns the CPU time so far.
    pub fn now(stage: &Stage) -> Result<Self> {
        let servers = harness::shared();
        let worker = stage.worker.as_ref().map(|worker| cpu_seconds(worker.pid())).transpose()?;
        let redis = cpu_seconds(servers.redis.pid().context("Redis does not run")?)?;
        let sink = cpu_seconds_of_threads(sink::THREADS)?;
        let callers = cpu_seconds(std::process::id())? - sink;
        Ok(Self([
            cpu_seconds(stage.api.pid())?,
            worker.unwrap_or(0.0),
            postgres(&servers.postgres.pids()?)?,
            redis,
            callers,
            sink,
        ]))
    }

    /// Returns the CPU time of each process since `before`, as figures named after what was measured.
    pub fn since(stage: &Stage, before: &Self, name: &str) -> Result<Vec<Figure>> {
        let now = Self::now(stage)?;
        let figures = NAMES.into_iter().zip(now.0).zip(before.0).map(|((who, now), before)| {
            Figure::new(format!("webhooks: {name}, CPU of {who}"), now - before, "s", Goal::None)
        });
        Ok(figures.collect())
    }
}

/// A child that has exited is counted by its parent.
fn postgres(pids: &[u32]) -> Result<f64> {
    let parent = pids.first().context("PostgreSQL does not run")?;
    let living: f64 = pids.iter().filter_map(|pid| cpu_seconds(*pid).ok()).sum();
    Ok(living + cpu_seconds_of_ended(*parent)?)
}
