//! Records outcomes in batches.

use super::QueueWorker;
use crate::outcome::{AttemptResult, Outcome, Schedule};
use engine::ledger::{self, Finish, Finished, JobLease, PendingPush};
use platform::{Result, metrics::JobOutcome, retry::OutageBackoff};
use std::{collections::HashMap, sync::Arc};
use tokio::{
    sync::{Semaphore, mpsc},
    task::JoinSet,
};

/// Maximum number of outcomes per statement.
const MAX_BATCH: usize = 1000;

/// Concurrent batches.
const WRITERS: usize = 2;

/// Runs until the last sender is dropped and everything is recorded. Leases are renewed meanwhile, so an outage of the
/// database loses no outcome.
pub(super) async fn run(queue_worker: Arc<QueueWorker>, mut ended: mpsc::UnboundedReceiver<AttemptResult>) {
    let places = Arc::new(Semaphore::new(WRITERS));
    let mut writers = JoinSet::new();
    let mut batch = Vec::with_capacity(MAX_BATCH);
    while let Ok(place) = places.clone().acquire_owned().await {
        if ended.recv_many(&mut batch, MAX_BATCH).await == 0 {
            break;
        }
        let (queue_worker, batch) = (queue_worker.clone(), std::mem::take(&mut batch));
        writers.spawn(async move {
            write_all(&queue_worker, &batch).await;
            drop(place);
        });
        while writers.try_join_next().is_some() {}
    }
    writers.join_all().await;
}

/// Records a batch, retrying until it succeeds.
pub(super) async fn write_all(queue_worker: &QueueWorker, batch: &[AttemptResult]) {
    let mut outage = OutageBackoff::new();
    while let Err(error) = write(queue_worker, batch).await {
        outage.wait(&error).await;
    }
    let released = batch.iter().filter(|ended| matches!(ended.outcome, Outcome::Released));
    let released: Vec<_> = released.map(|ended| ended.held).collect();
    while let Err(error) = try_release(queue_worker, &released).await {
        outage.wait(&error).await;
    }
    outage.over();
    let held: Vec<_> = batch.iter().map(|ended| ended.held).collect();
    queue_worker.in_flight.remove(&held);
}

async fn write(queue_worker: &QueueWorker, batch: &[AttemptResult]) -> Result<()> {
    let kernel = &queue_worker.kernel;
    let now = kernel.clock.now();
    let schedule = Schedule {
        pauses: &queue_worker.settings.retry,
        is_endless: queue_worker.kind.is_never_quarantined(),
    };
    let finishes: Vec<_> = batch.iter().filter_map(|ended| ended.finish(&schedule, now)).collect();
    let children = batch.iter().any(|ended| ended.is_child);
    let (written, pushes) = finish(queue_worker, &finishes, children).await?;
    count(queue_worker, batch, &written);
    pushes.push(&*kernel.transport).await;
    Ok(())
}

/// Counts outcomes, except released jobs, which are counted when released.
fn count(queue_worker: &QueueWorker, batch: &[AttemptResult], written: &[Finished]) {
    let written: HashMap<_, _> = written.iter().map(|job| (job.id, job.state)).collect();
    for ended in batch {
        if let Some(outcome) = ended.counts_as(written.get(&ended.held.id).copied()) {
            queue_worker.metrics.ended(outcome, 1);
        }
    }
}

/// One statement, in a transaction only if a parent is updated too.
async fn finish(
    queue_worker: &QueueWorker,
    finishes: &[Finish],
    children: bool,
) -> Result<(Vec<Finished>, PendingPush)> {
    if finishes.is_empty() {
        return Ok((vec![], PendingPush::default()));
    }
    let kernel = &queue_worker.kernel;
    let (keep, now) = (&kernel.settings.retention, kernel.clock.now());
    if !children {
        return ledger::finish(kernel.db.writer(), finishes, keep, now).await;
    }
    let transaction = kernel.db.begin().await?;
    let written = ledger::finish(&transaction, finishes, keep, now).await?;
    transaction.commit().await?;
    Ok(written)
}

async fn try_release(queue_worker: &QueueWorker, held: &[JobLease]) -> Result<()> {
    if held.is_empty() {
        return Ok(());
    }
    let pushes =
        ledger::release(queue_worker.kernel.db.writer(), held, queue_worker.kernel.clock.now()).await?;
    queue_worker.metrics.ended(JobOutcome::Released, pushes.len());
    queue_worker.in_flight.remove(held);
    pushes.push(&*queue_worker.kernel.transport).await;
    Ok(())
}

/// Releases jobs at shutdown. If the database is unavailable, their leases expire instead.
pub(super) async fn release(queue_worker: &QueueWorker, held: &[JobLease]) {
    if let Err(error) = try_release(queue_worker, held).await {
        tracing::warn!(%error, jobs = held.len(), "not released; the leases will expire");
    }
}
