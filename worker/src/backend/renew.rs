//! Renew: keeps the leases of what is in hand, also while draining, and hears of cancellations.

use super::Lane;
use kernel::{ledger, retry::Outage};
use std::{collections::HashSet, sync::Arc};
use tokio::sync::broadcast::error::RecvError;

/// Runs until it is aborted.
pub(super) async fn run(lane: Arc<Lane>) {
    tokio::join!(renew_all(&lane), hear_cancellations(&lane));
}

async fn renew_all(lane: &Lane) {
    let mut outage = Outage::new();
    loop {
        tokio::time::sleep(lane.kernel.settings.worker.lease / 3).await;
        while let Err(error) = renew(lane).await {
            outage.wait(&error).await;
        }
        outage.over();
    }
}

async fn renew(lane: &Lane) -> kernel::Result<()> {
    let held = lane.hand.held();
    if held.is_empty() {
        return Ok(());
    }
    let until = lane.kernel.clock.now() + lane.kernel.settings.worker.lease;
    let renewed = ledger::renew(lane.kernel.db.writer(), &held, until).await?;
    let kept: HashSet<_> = renewed.iter().map(|renewal| renewal.id).collect();
    // What ended meanwhile is missing too, and is put down by the finisher all the same.
    let lost: Vec<_> = held.into_iter().filter(|held| !kept.contains(&held.id)).collect();
    lane.hand.put_down(&lost);
    for renewal in renewed.iter().filter(|renewal| renewal.cancel_requested_at.is_some()) {
        lane.hand.cancel(renewal.id);
    }
    Ok(())
}

async fn hear_cancellations(lane: &Lane) {
    let mut cancels = lane.kernel.transport.signals().cancels();
    loop {
        match cancels.recv().await {
            Ok(id) => lane.hand.cancel(id),
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}
