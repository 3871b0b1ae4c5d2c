//! Growth: the memory that a million finished jobs leave in Redis.

use super::{drained, enqueue_probes};
use crate::{
    platform::Ground,
    report::{Figure, Goal},
};
use anyhow::Result;
use engine::jobs::{Job, Probe};
use invoice_pdf::PdfRenderer;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Measures the scenario, with the worker running while jobs are enqueued, as in production.
#[allow(clippy::cast_precision_loss, reason = "bytes are far below 2^52")]
pub async fn run(count: usize) -> Result<Vec<Figure>> {
    let ground = Ground::scaled().await?;
    let kernel = ground.kernel().await?;
    let stop = CancellationToken::new();
    let worker = tokio::spawn(worker::run(
        kernel.clone(),
        Arc::new(PdfRenderer::new(&kernel.settings)?),
        vec![Probe::KIND],
        stop.clone(),
    ));
    enqueue_probes(&kernel, 1000).await?;
    drained(&kernel).await?;
    let before = harness::shared().redis.info_memory()?;
    enqueue_probes(&kernel, count).await?;
    drained(&kernel).await?;
    let after = harness::shared().redis.info_memory()?;
    stop.cancel();
    worker.await?;
    let grown = (after as f64 - before as f64) / 1e6;
    Ok(vec![Figure::new(format!("growth: Redis after {count} jobs"), grown, "MB", Goal::AtMost(2.0))])
}
