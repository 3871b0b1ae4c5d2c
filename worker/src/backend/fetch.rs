//! Fetch: pops ids, starts the jobs in one statement, and hands them to apalis.

use super::{Assignment, Lane};
use entities::ids::JobId;
use kernel::{ledger, retry::Outage};
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
    let poll = lane.kernel.settings.worker.poll;
    loop {
        let room = room(lane).await;
        match lane.kernel.transport.pop(lane.kind.as_str(), room).await {
            Ok(popped) if popped.ids.is_empty() => {
                outage.over();
                let pause = popped.next_due.map_or(poll, |due| due.clamp(Duration::from_millis(1), poll));
                // Either way the queue is looked at again.
                let _ = tokio::time::timeout(pause, wake.notified()).await;
            }
            Ok(popped) => start(lane, &popped.ids, inbox, &mut outage).await,
            Err(error) => outage.wait(&error).await,
        }
    }
}

/// Waits for room; a moment longer when there is less than half of it.
async fn room(lane: &Lane) -> usize {
    loop {
        let room = lane.hand.room();
        if room > lane.settings.concurrency / 2 {
            return room;
        }
        if tokio::time::timeout(GATHER, lane.hand.freed()).await.is_err() && room > 0 {
            return room;
        }
    }
}

/// What was popped is in no other place, so it is kept until the ledger answers. If this process dies
/// first, the reconciler finds the jobs.
async fn start(lane: &Lane, ids: &[JobId], inbox: &mpsc::UnboundedSender<Assignment>, outage: &mut Outage) {
    let (kernel, lease) = (&lane.kernel, lane.kernel.settings.worker.lease);
    loop {
        match ledger::start(kernel.db.writer(), ids, &lane.worker, lease, kernel.clock.now()).await {
            Ok(started) => {
                outage.over();
                for job in started {
                    // The receiver goes away only after shutdown; the job is then given back.
                    let _ = inbox.send(lane.hand.take(job));
                }
                return;
            }
            Err(error) => outage.wait(&error).await,
        }
    }
}

async fn give_back_waiting(lane: &Lane) {
    let waiting = lane.hand.waiting();
    super::finish::release(lane, &waiting).await;
}
