//! Finish: writes outcomes, as many at a time as have come in.
//!
//! This is no [`Batcher`](kernel::batcher::Batcher): two batches are written at once, and nothing waits for a place, so
//! that an outage of the database stops no job that runs.

use super::QueueWorker;
use crate::outcome::{AttemptResult, Outcome, Schedule};
use kernel::{
    Result,
    ledger::{self, Finish, Finished, JobLease, PendingPush},
    metrics::JobOutcome,
    retry::OutageBackoff,
};
use std::{collections::HashMap, sync::Arc};
use tokio::{
    sync::{Semaphore, mpsc},
    task::JoinSet,
};

/// Outcomes at most in one statement.
const BATCH: usize = 1000;

/// Batches written at once.
const WRITERS: usize = 2;

/// Runs until the last sender is gone and everything is written. Leases are renewed meanwhile, so an
/// outage of the database costs no job its outcome.
pub(super) async fn run(queue_worker: Arc<QueueWorker>, mut ended: mpsc::UnboundedReceiver<AttemptResult>) {
    let places = Arc::new(Semaphore::new(WRITERS));
    let mut writers = JoinSet::new();
    let mut batch = Vec::with_capacity(BATCH);
    while let Ok(place) = places.clone().acquire_owned().await {
        if ended.recv_many(&mut batch, BATCH).await == 0 {
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

/// Writes a batch, however often it has to try.
pub(super) async fn write_all(queue_worker: &QueueWorker, batch: &[AttemptResult]) {
    let mut outage = OutageBackoff::new();
    while let Err(error) = write(queue_worker, batch).await {
        outage.wait(&error).await;
    }
    let released = batch.iter().filter(|ended| matches!(ended.outcome, Outcome::Released));
    let released: Vec<_> = released.map(|ended| ended.held).collect();
    while let Err(error) = give_back(queue_worker, &released).await {
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
    let parts = batch.iter().any(|ended| ended.is_part);
    let (written, pushes) = finish(queue_worker, &finishes, parts).await?;
    count(queue_worker, batch, &written);
    pushes.push(&*kernel.transport).await;
    Ok(())
}

/// Those given back are counted when they are.
fn count(queue_worker: &QueueWorker, batch: &[AttemptResult], written: &[Finished]) {
    let written: HashMap<_, _> = written.iter().map(|job| (job.id, job.state)).collect();
    for ended in batch {
        if let Some(outcome) = ended.counts_as(written.get(&ended.held.id).copied()) {
            queue_worker.metrics.ended(outcome, 1);
        }
    }
}

/// One statement, which is a transaction by itself unless a parent has to be told too.
async fn finish(
    queue_worker: &QueueWorker,
    finishes: &[Finish],
    parts: bool,
) -> Result<(Vec<Finished>, PendingPush)> {
    if finishes.is_empty() {
        return Ok((vec![], PendingPush::default()));
    }
    let kernel = &queue_worker.kernel;
    let (keep, now) = (&kernel.settings.retention, kernel.clock.now());
    if !parts {
        return ledger::finish(kernel.db.writer(), finishes, keep, now).await;
    }
    let transaction = kernel.db.begin().await?;
    let written = ledger::finish(&transaction, finishes, keep, now).await?;
    transaction.commit().await?;
    Ok(written)
}

async fn give_back(queue_worker: &QueueWorker, held: &[JobLease]) -> Result<()> {
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

/// Gives jobs back at shutdown. If the database is away, their leases run out instead.
pub(super) async fn release(queue_worker: &QueueWorker, held: &[JobLease]) {
    if let Err(error) = give_back(queue_worker, held).await {
        tracing::warn!(%error, jobs = held.len(), "not given back; the leases will run out");
    }
}
