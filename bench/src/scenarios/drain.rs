//! Drain: no-op jobs queued in the ledger and in Redis, processed by one worker.

use super::{drained, enqueue_probes};
use crate::{
    platform::Ground,
    report::{Figure, Goal},
};
use anyhow::{Context, Result};
use engine::jobs::{Job, Probe};
use entities::job;
use invoice_pdf::PdfRenderer;
use sea_orm::{EntityTrait, QuerySelect};
use std::{sync::Arc, time::Instant};
use tokio_util::sync::CancellationToken;

/// Measures the scenario.
pub async fn run(count: usize) -> Result<Vec<Figure>> {
    let ground = Ground::scaled().await?;
    let kernel = ground.kernel().await?;
    let begin = Instant::now();
    enqueue_probes(&kernel, count).await?;
    let enqueued = crate::yardsticks::rate(count, begin);
    let stop = CancellationToken::new();
    let worker = tokio::spawn(worker::run(
        kernel.clone(),
        Arc::new(PdfRenderer::new(&kernel.settings)?),
        vec![Probe::KIND],
        stop.clone(),
    ));
    drained(&kernel).await?;
    stop.cancel();
    worker.await?;
    let rate = drain_rate(&kernel, count).await?;
    Ok(vec![
        Figure::new(format!("drain: enqueue {count} in thousands"), enqueued, "jobs/s", Goal::None),
        Figure::new(format!("drain: {count} no-op jobs"), rate, "jobs/s", Goal::AtLeast(40_000.0)),
    ])
}

/// Jobs per second from the first start to the last finish in the ledger.
#[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
async fn drain_rate(kernel: &kernel::Kernel, count: usize) -> Result<f64> {
    type Times = (Option<chrono::DateTime<chrono::Utc>>, Option<chrono::DateTime<chrono::Utc>>);
    let times: Times = job::Entity::find()
        .select_only()
        .column_as(sea_orm::ColumnTrait::min(&job::Column::StartedAt), "first")
        .column_as(sea_orm::ColumnTrait::max(&job::Column::FinishedAt), "last")
        .into_tuple()
        .one(kernel.db.reader())
        .await?
        .context("no jobs")?;
    let took = times.1.context("none ended")? - times.0.context("none started")?;
    Ok(count as f64 / took.as_seconds_f64())
}
