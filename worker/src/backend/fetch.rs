//! Fetch: pops ids, starts the jobs in one statement, and hands them to apalis.

use super::{Assignment, Lane};
use entities::ids::JobId;
use futures::future::join_all;
use kernel::{
    Result,
    ledger::{self, Started},
    retry::Outage,
};
use std::{collections::HashSet, sync::Arc, time::Duration};
use tokio::sync::mpsc;

/// How long to wait for more room when there is only a little: a batch costs nearly as much as one job.
const GATHER: Duration = Duration::from_millis(2);

/// Fetches under way at once where a kind has many slots: while one batch is being started, the next one
/// is already popped.
const FETCHERS: usize = 2;

/// Runs until shutdown, then gives back what no handler has taken up. It is not to be dropped before it
/// returns: a job that has just been started would be held by nobody until its lease runs out.
pub(super) async fn run(lane: Arc<Lane>, inbox: mpsc::UnboundedSender<Assignment>) {
    let fetchers = if lane.settings.concurrency < 64 { 1 } else { FETCHERS };
    join_all((0..fetchers).map(|_| fetch_all(&lane, fetchers, &inbox))).await;
    super::finish::release(&lane, &lane.hand.waiting()).await;
}

async fn fetch_all(lane: &Arc<Lane>, fetchers: usize, inbox: &mpsc::UnboundedSender<Assignment>) {
    let mut outage = Outage::new();
    while let Some(room) = lane.shutdown.run_until_cancelled(room(lane, fetchers)).await {
        let Some(shared) = lane.shutdown.run_until_cancelled(lane.isolation.shared()).await else {
            lane.hand.unreserve(room);
            break;
        };
        let popped = lane.kernel.transport.pop(lane.kind.as_str(), room).await;
        let ids = popped.as_ref().map_or(&[][..], |popped| &popped.ids);
        let started = start(lane, ids, &mut outage).await;
        lane.hand.unreserve(room - started.len());
        for job in started {
            // The receiver goes away only after shutdown; the job is then given back.
            let _ = inbox.send(lane.hand.take(job, lane.isolation.draining()));
        }
        drop(shared);
        match popped {
            Ok(popped) if popped.ids.is_empty() => {
                outage.over();
                pause(lane, popped.next_due).await;
            }
            Ok(_) => {}
            Err(error) => outage.wait(&error).await,
        }
    }
}

/// Returns when the queue is to be looked at again: something new, something due, or simply some time.
async fn pause(lane: &Lane, next_due: Option<Duration>) {
    let wake = lane.kernel.transport.signals().queue(lane.kind.as_str());
    let poll = lane.kernel.settings.worker.poll;
    let pause = next_due.map_or(poll, |due| due.clamp(Duration::from_millis(1), poll));
    let woken = lane.shutdown.run_until_cancelled(wake.notified());
    // Either way the queue is looked at again.
    let _ = tokio::time::timeout(pause, woken).await;
}

/// Waits for room, and reserves it: when there is only a little of it, a moment longer.
async fn room(lane: &Lane, fetchers: usize) -> usize {
    let slots = lane.settings.concurrency;
    loop {
        if let Some(room) = lane.hand.reserve(slots / 4, slots.div_ceil(fetchers)) {
            return room;
        }
        if tokio::time::timeout(GATHER, lane.hand.freed()).await.is_err()
            && let Some(room) = lane.hand.reserve(1, slots)
        {
            return room;
        }
    }
}

/// What was popped is in no other place, so it is kept until the ledger answers. If this process ends
/// first, the reconciler finds the jobs.
async fn start(lane: &Arc<Lane>, ids: &[JobId], outage: &mut Outage) -> Vec<Started> {
    while !ids.is_empty() {
        match try_start(lane, ids).await {
            Ok(started) => {
                outage.over();
                return started;
            }
            Err(_) if lane.shutdown.is_cancelled() => break,
            Err(error) => outage.wait(&error).await,
        }
    }
    vec![]
}

async fn try_start(lane: &Arc<Lane>, ids: &[JobId]) -> Result<Vec<Started>> {
    if lane.shutdown.is_cancelled() {
        file_again(lane, ids).await;
        return Ok(vec![]);
    }
    let (kernel, lease) = (&lane.kernel, lane.kernel.settings.worker.lease);
    let now = kernel.clock.now();
    let started = ledger::start(kernel.db.prepared(), ids, &lane.worker, lease, now).await?;
    for job in &started {
        lane.metrics.started((now - job.run_at).to_std().unwrap_or_default());
    }
    if started.len() < ids.len() {
        let taken: HashSet<_> = started.iter().map(|job| job.id).collect();
        let others: Vec<_> = ids.iter().copied().filter(|id| !taken.contains(id)).collect();
        lane.isolation.enqueue(lane, file_again(lane, &others).await);
    }
    Ok(started)
}

/// Most ids that did not start are void; a few came before their time. Returns those that are to be run alone.
/// Failing here costs only time.
async fn file_again(lane: &Lane, ids: &[JobId]) -> Vec<JobId> {
    let kernel = &lane.kernel;
    match ledger::waiting(kernel.db.reader(), ids, kernel.clock.now()).await {
        Ok(waiting) => {
            waiting.early.push(&*kernel.transport).await;
            waiting.suspects
        }
        Err(error) => {
            tracing::debug!(%error, "not filed again; the reconciler will");
            vec![]
        }
    }
}
