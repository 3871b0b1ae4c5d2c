//! Idle: the CPU time and memory of the embedded platform without work.

use crate::{
    platform::{Ground, cpu_seconds, resident_mb},
    report::{Figure, Goal},
};
use anyhow::Result;
use std::time::Duration;

/// The period of the measurement of CPU time.
const WATCHED: Duration = Duration::from_secs(30);

/// Measures the scenario.
pub async fn run() -> Result<Vec<Figure>> {
    let ground = Ground::embedded()?;
    let listen = format!("127.0.0.1:{}", harness::free_port());
    let process = ground.process(&["up", "--no-seed", "--listen", &listen], "http://").await?;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let before = cpu_seconds(process.pid())?;
    tokio::time::sleep(WATCHED).await;
    let used = (cpu_seconds(process.pid())? - before) / WATCHED.as_secs_f64() * 100.0;
    let resident = resident_mb(process.pid())?;
    Ok(vec![
        Figure::new("idle: `up`, resident", resident, "MB", Goal::AtMost(40.0)),
        Figure::new("idle: `up`, processor", used, "% of a core", Goal::AtMost(0.5)),
    ])
}
