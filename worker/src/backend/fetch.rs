//! Fetch: pops ids, starts the jobs in one statement, and hands them to apalis.

use super::{Assignment, Lane};
use kernel::{Result, ledger, retry::Outage};
use std::{sync::Arc, time::Duration};
use tokio::sync::{Notify, mpsc};

/// How long to wait for more room when there is only a little: a batch costs nearly as much as one job.
const GATHER: Duration = Duration::from_millis(2);

/// Runs until shutdown, then gives back what no handler has taken up.
pub(super) async fn run(lane: Arc<Lane>, inbox: mpsc::UnboundedSender<Assignment>) {
    let wake = lane.kernel.transport.signals().queue(lane.kind.as_str());
    let shutdown = lane.shutdown.clone();
    shutdown.run_until_cancelled(fetch_all(&lane, &inbox, &wake)).await;
    give_back_waiting(&lane).await;
}

async fn fetch_all(lane: &Lane, inbox: &mpsc::UnboundedSender<Assignment>, wake: &Notify) {
    let mut outage = Outage::new("fetching jobs");
    loop {
        let room = room(lane).await;
        match fetch(lane, room, inbox).await {
            Ok(Fetched::Some) => outage.over(),
            Ok(Fetched::None { next_due }) => {
                outage.over();
                let pause = next_due.map_or(lane.kernel.settings.worker.poll, |due| {
                    due.clamp(Duration::from_millis(1), lane.kernel.settings.worker.poll)
                });
                // Either way the queue is looked at again.
                let _ = tokio::time::timeout(pause, wake.notified()).await;
            }
            Err(error) => outage.wait(&error).await,
        }
    }
}

/// Waits for room; a moment longer when there is only a little of it.
async fn room(lane: &Lane) -> usize {
    loop {
        let room = lane.hand.room();
        if room > lane.settings.concurrency / 8 {
            return room;
        }
        if tokio::time::timeout(GATHER, lane.hand.freed()).await.is_err() && room > 0 {
            return room;
        }
    }
}

enum Fetched {
    Some,
    None { next_due: Option<Duration> },
}

async fn fetch(lane: &Lane, room: usize, inbox: &mpsc::UnboundedSender<Assignment>) -> Result<Fetched> {
    let popped = lane.kernel.transport.pop(lane.kind.as_str(), room).await?;
    if popped.ids.is_empty() {
        return Ok(Fetched::None { next_due: popped.next_due });
    }
    let (lease, now) = (lane.kernel.settings.worker.lease, lane.kernel.clock.now());
    // If this fails, the ids are in neither place for a moment: the reconciler finds them.
    let started = ledger::start(lane.kernel.db.writer(), &popped.ids, &lane.worker, lease, now).await?;
    for job in started {
        // The receiver goes away only after shutdown; the job is then given back.
        let _ = inbox.send(lane.hand.take(job));
    }
    Ok(Fetched::Some)
}

async fn give_back_waiting(lane: &Lane) {
    let waiting = lane.hand.waiting();
    super::finish::release(lane, &waiting).await;
}
