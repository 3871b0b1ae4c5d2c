//! Pops ids, starts the jobs in one statement, and passes them to apalis.

use super::{Assignment, QueueWorker};
use engine::ledger::{self, Started};
use entities::ids::JobId;
use futures::future::join_all;
use platform::{Result, retry::OutageBackoff};
use std::{collections::HashSet, sync::Arc, time::Duration};
use tokio::sync::mpsc;

/// How long to wait for more free slots: a batch costs nearly as much as one job.
const GATHER: Duration = Duration::from_millis(2);

/// Concurrent fetches of a kind with many slots: while one batch is being started, the next is popped.
const FETCHERS: usize = 2;

/// Runs until shutdown, then releases jobs without a handler. Must not be dropped before it returns: a job that was
/// just started would have no worker until its lease expires.
pub(super) async fn run(queue_worker: Arc<QueueWorker>, inbox: mpsc::UnboundedSender<Assignment>) {
    let fetchers = if queue_worker.settings.concurrency < 64 { 1 } else { FETCHERS };
    join_all((0..fetchers).map(|_| fetch_all(&queue_worker, fetchers, &inbox))).await;
    super::finish::release(&queue_worker, &queue_worker.in_flight.waiting()).await;
}

async fn fetch_all(
    queue_worker: &Arc<QueueWorker>,
    fetchers: usize,
    inbox: &mpsc::UnboundedSender<Assignment>,
) {
    let mut outage = OutageBackoff::new();
    while let Some(room) = queue_worker.shutdown.run_until_cancelled(room(queue_worker, fetchers)).await {
        let Some(shared) = queue_worker.shutdown.run_until_cancelled(queue_worker.isolation.shared()).await
        else {
            queue_worker.in_flight.unreserve(room);
            break;
        };
        let popped = queue_worker.kernel.transport.pop(queue_worker.kind.as_str(), room).await;
        let ids = popped.as_ref().map_or(&[][..], |popped| &popped.ids);
        let started = start(queue_worker, ids, &mut outage).await;
        queue_worker.in_flight.unreserve(room - started.len());
        for job in started {
            // The receiver is dropped only after shutdown; the job is then released.
            let _ = inbox.send(queue_worker.in_flight.take(job, queue_worker.isolation.draining()));
        }
        drop(shared);
        match popped {
            Ok(popped) if popped.ids.is_empty() => {
                outage.over();
                pause(queue_worker, popped.next_due).await;
            }
            Ok(_) => {}
            Err(error) => outage.wait(&error).await,
        }
    }
}

/// Returns at a wake-up, when the next job is due, or after the polling interval.
async fn pause(queue_worker: &QueueWorker, next_due: Option<Duration>) {
    let wake = queue_worker.kernel.transport.signals().queue(queue_worker.kind.as_str());
    let poll = queue_worker.kernel.settings.worker.poll;
    let pause = next_due.map_or(poll, |due| due.clamp(Duration::from_millis(1), poll));
    let woken = queue_worker.shutdown.run_until_cancelled(wake.notified());
    // Either way the queue is polled again.
    let _ = tokio::time::timeout(pause, woken).await;
}

/// Waits for free slots and reserves them; if there are few, waits a moment longer.
async fn room(queue_worker: &QueueWorker, fetchers: usize) -> usize {
    let slots = queue_worker.settings.concurrency;
    loop {
        if let Some(room) = queue_worker.in_flight.reserve(slots / 4, slots.div_ceil(fetchers)) {
            return room;
        }
        if tokio::time::timeout(GATHER, queue_worker.in_flight.freed()).await.is_err()
            && let Some(room) = queue_worker.in_flight.reserve(1, slots)
        {
            return room;
        }
    }
}

/// Popped ids are stored nowhere else, so they are kept until the ledger responds. If the process ends first, the
/// reconciler finds the jobs.
async fn start(queue_worker: &Arc<QueueWorker>, ids: &[JobId], outage: &mut OutageBackoff) -> Vec<Started> {
    while !ids.is_empty() {
        match try_start(queue_worker, ids).await {
            Ok(started) => {
                outage.over();
                return started;
            }
            Err(_) if queue_worker.shutdown.is_cancelled() => break,
            Err(error) => outage.wait(&error).await,
        }
    }
    vec![]
}

async fn try_start(queue_worker: &Arc<QueueWorker>, ids: &[JobId]) -> Result<Vec<Started>> {
    if queue_worker.shutdown.is_cancelled() {
        enqueue_again(queue_worker, ids).await;
        return Ok(vec![]);
    }
    let (kernel, lease) = (&queue_worker.kernel, queue_worker.kernel.settings.worker.lease);
    let now = kernel.clock.now();
    let started = ledger::start(kernel.db.generic_plans(), ids, &queue_worker.worker, lease, now).await?;
    for job in &started {
        queue_worker.metrics.started((now - job.run_at).to_std().unwrap_or_default());
    }
    if started.len() < ids.len() {
        let taken: HashSet<_> = started.iter().map(|job| job.id).collect();
        let others: Vec<_> = ids.iter().copied().filter(|id| !taken.contains(id)).collect();
        queue_worker.isolation.enqueue(queue_worker, enqueue_again(queue_worker, &others).await);
    }
    Ok(started)
}

/// Most ids that did not start are void; some are not yet due and are enqueued again. Returns suspects. A failure here
/// only causes a delay.
async fn enqueue_again(queue_worker: &QueueWorker, ids: &[JobId]) -> Vec<JobId> {
    let kernel = &queue_worker.kernel;
    match ledger::waiting(kernel.db.reader(), ids, kernel.clock.now()).await {
        Ok(waiting) => {
            waiting.early.push(&*kernel.transport).await;
            waiting.suspects
        }
        Err(error) => {
            tracing::debug!(%error, "not enqueued again; the reconciler will");
            vec![]
        }
    }
}
