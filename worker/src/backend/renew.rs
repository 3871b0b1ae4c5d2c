//! Renews the leases of jobs in flight, also while draining, and receives cancellations.

use super::QueueWorker;
use engine::ledger;
use platform::retry::OutageBackoff;
use std::{collections::HashSet, sync::Arc};
use tokio::sync::broadcast::error::RecvError;

/// Runs until it is aborted.
pub(super) async fn run(queue_worker: Arc<QueueWorker>) {
    tokio::join!(renew_all(&queue_worker), listen_for_cancellations(&queue_worker));
}

async fn renew_all(queue_worker: &QueueWorker) {
    let mut outage = OutageBackoff::new();
    loop {
        tokio::time::sleep(queue_worker.kernel.settings.worker.lease / 3).await;
        while let Err(error) = renew(queue_worker).await {
            outage.wait(&error).await;
        }
        outage.over();
    }
}

async fn renew(queue_worker: &QueueWorker) -> platform::Result<()> {
    let held = queue_worker.in_flight.held();
    if held.is_empty() {
        return Ok(());
    }
    let until = queue_worker.kernel.clock.now() + queue_worker.kernel.settings.worker.lease;
    let renewed = ledger::renew(queue_worker.kernel.db.writer(), &held, until).await?;
    let kept: HashSet<_> = renewed.iter().map(|renewal| renewal.id).collect();
    // Jobs that ended meanwhile are missing too; the finisher removes them anyway.
    let lost: Vec<_> = held.into_iter().filter(|held| !kept.contains(&held.id)).collect();
    queue_worker.in_flight.remove(&lost);
    for renewal in renewed.iter().filter(|renewal| renewal.cancel_requested_at.is_some()) {
        queue_worker.in_flight.cancel(renewal.id);
    }
    Ok(())
}

async fn listen_for_cancellations(queue_worker: &QueueWorker) {
    let mut cancels = queue_worker.kernel.transport.signals().cancels();
    loop {
        match cancels.recv().await {
            Ok(id) => queue_worker.in_flight.cancel(id),
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}
