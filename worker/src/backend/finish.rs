//! Finish: writes outcomes, as many at a time as have come in.

use super::Lane;
use crate::outcome::{Ended, Outcome, Schedule};
use kernel::{
    Result,
    ledger::{self, Finish, Finished, Held, Tickets},
    metrics::JobOutcome,
    retry::Outage,
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
pub(super) async fn run(lane: Arc<Lane>, mut ended: mpsc::UnboundedReceiver<Ended>) {
    let places = Arc::new(Semaphore::new(WRITERS));
    let mut writers = JoinSet::new();
    let mut batch = Vec::with_capacity(BATCH);
    while let Ok(place) = places.clone().acquire_owned().await {
        if ended.recv_many(&mut batch, BATCH).await == 0 {
            break;
        }
        let (lane, batch) = (lane.clone(), std::mem::take(&mut batch));
        writers.spawn(async move {
            write_all(&lane, &batch).await;
            drop(place);
        });
        while writers.try_join_next().is_some() {}
    }
    writers.join_all().await;
}

/// Writes a batch, however often it has to try.
pub(super) async fn write_all(lane: &Lane, batch: &[Ended]) {
    let mut outage = Outage::new();
    while let Err(error) = write(lane, batch).await {
        outage.wait(&error).await;
    }
    let released = batch.iter().filter(|ended| matches!(ended.outcome, Outcome::Released));
    let released: Vec<_> = released.map(|ended| ended.held).collect();
    while let Err(error) = give_back(lane, &released).await {
        outage.wait(&error).await;
    }
    outage.over();
    let held: Vec<_> = batch.iter().map(|ended| ended.held).collect();
    lane.hand.put_down(&held);
}

async fn write(lane: &Lane, batch: &[Ended]) -> Result<()> {
    let kernel = &lane.kernel;
    let now = kernel.clock.now();
    let schedule = Schedule { pauses: &lane.settings.retry, is_endless: lane.kind.is_never_quarantined() };
    let finishes: Vec<_> = batch.iter().filter_map(|ended| ended.finish(&schedule, now)).collect();
    let parts = batch.iter().any(|ended| ended.is_part);
    let (written, tickets) = finish(lane, &finishes, parts).await?;
    count(lane, batch, &written);
    tickets.push(&*kernel.transport).await;
    Ok(())
}

/// Those given back are counted when they are.
fn count(lane: &Lane, batch: &[Ended], written: &[Finished]) {
    let written: HashMap<_, _> = written.iter().map(|job| (job.id, job.state)).collect();
    for ended in batch {
        if let Some(outcome) = ended.counts_as(written.get(&ended.held.id).copied()) {
            lane.metrics.ended(outcome, 1);
        }
    }
}

/// One statement, which is a transaction by itself unless a parent has to be told too.
async fn finish(lane: &Lane, finishes: &[Finish], parts: bool) -> Result<(Vec<Finished>, Tickets)> {
    if finishes.is_empty() {
        return Ok((vec![], Tickets::default()));
    }
    let kernel = &lane.kernel;
    let (keep, now) = (&kernel.settings.retention, kernel.clock.now());
    if !parts {
        return ledger::finish(kernel.db.writer(), finishes, keep, now).await;
    }
    let transaction = kernel.db.begin().await?;
    let written = ledger::finish(&transaction, finishes, keep, now).await?;
    transaction.commit().await?;
    Ok(written)
}

async fn give_back(lane: &Lane, held: &[Held]) -> Result<()> {
    if held.is_empty() {
        return Ok(());
    }
    let tickets = ledger::release(lane.kernel.db.writer(), held, lane.kernel.clock.now()).await?;
    lane.metrics.ended(JobOutcome::Released, tickets.len());
    lane.hand.put_down(held);
    tickets.push(&*lane.kernel.transport).await;
    Ok(())
}

/// Gives jobs back at shutdown. If the database is away, their leases run out instead.
pub(super) async fn release(lane: &Lane, held: &[Held]) {
    if let Err(error) = give_back(lane, held).await {
        tracing::warn!(%error, jobs = held.len(), "not given back; the leases will run out");
    }
}
