//! Latency: from a durable enqueue to the start of the handler, at 50 jobs per second.

use crate::{
    platform::Ground,
    report::{Figure, Goal},
};
use anyhow::Result;
use engine::{
    jobs::{Job, Probe},
    ledger::NewJob,
};
use hdrhistogram::Histogram;
use invoice_pdf::PdfRenderer;
use sea_orm::{EntityTrait, QueryOrder};
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// Measures the scenario. The worker and the enqueuer share only PostgreSQL and Redis.
pub async fn run(count: usize) -> Result<Vec<Figure>> {
    let ground = Ground::scaled().await?;
    let (sender, receiver) = (ground.kernel().await?, ground.kernel().await?);
    let stop = CancellationToken::new();
    let worker = tokio::spawn(worker::run(
        receiver.clone(),
        Arc::new(PdfRenderer::new(&receiver.settings)?),
        vec![Probe::KIND],
        stop.clone(),
    ));
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    for _ in 0..count {
        ticks.tick().await;
        sender.enqueuer.enqueue(NewJob::new(None, &Probe::default())?).await?;
    }
    super::drained(&receiver).await?;
    stop.cancel();
    worker.await?;
    let histogram = start_delays(&receiver).await?;
    let ms = |quantile| Duration::from_micros(histogram.value_at_quantile(quantile)).as_secs_f64() * 1e3;
    Ok(vec![
        Figure::new("latency: enqueue to start at 50/s, p50", ms(0.5), "ms", Goal::AtMost(3.0)),
        Figure::new("latency: enqueue to start at 50/s, p99", ms(0.99), "ms", Goal::AtMost(15.0)),
    ])
}

/// Microseconds from a job's `created_at` (taken before the insert) to `started_at` (taken before the start is
/// committed, so the commit is not included).
async fn start_delays(kernel: &kernel::Kernel) -> Result<Histogram<u64>> {
    let mut histogram = Histogram::new(3)?;
    let jobs = entities::job::Entity::find().order_by_asc(entities::job::Column::Id);
    for job in jobs.all(kernel.db.reader()).await? {
        if let Some(started) = job.started_at {
            let delay = (started - job.created_at).num_microseconds().unwrap_or(0);
            histogram.record(delay.unsigned_abs())?;
        }
    }
    Ok(histogram)
}
