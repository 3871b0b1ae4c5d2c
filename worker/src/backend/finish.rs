//! Finish: writes outcomes, as many at a time as have come in.

use super::Lane;
use crate::outcome::{Ended, Outcome};
use kernel::{
    Result,
    ledger::{self, Finish, Held, Tickets},
    retry::Outage,
};
use std::sync::Arc;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
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
        writers.spawn(write_all(lane.clone(), std::mem::take(&mut batch), place));
        while writers.try_join_next().is_some() {}
    }
    writers.join_all().await;
}

/// Writes a batch, however often it has to try.
async fn write_all(lane: Arc<Lane>, batch: Vec<Ended>, _place: OwnedSemaphorePermit) {
    let mut outage = Outage::new();
    while let Err(error) = write(&lane, &batch).await {
        outage.wait(&error).await;
    }
    outage.over();
    let held: Vec<_> = batch.iter().map(|ended| ended.held).collect();
    lane.hand.put_down(&held);
}

async fn write(lane: &Lane, batch: &[Ended]) -> Result<()> {
    let kernel = &lane.kernel;
    let now = kernel.clock.now();
    let finishes: Vec<_> = batch.iter().filter_map(|ended| ended.finish(&lane.settings.retry, now)).collect();
    let released: Vec<_> =
        batch.iter().filter(|e| matches!(e.outcome, Outcome::Released)).map(|e| e.held).collect();
    let parts = batch.iter().any(|ended| ended.is_part);
    finish(lane, &finishes, parts).await?.push(&*kernel.transport).await;
    give_back(lane, &released).await
}

/// One statement, which is a transaction by itself unless a parent has to be told too.
async fn finish(lane: &Lane, finishes: &[Finish], parts: bool) -> Result<Tickets> {
    if finishes.is_empty() {
        return Ok(Tickets::default());
    }
    let kernel = &lane.kernel;
    let (keep, now) = (&kernel.settings.retention, kernel.clock.now());
    if !parts {
        return Ok(ledger::finish(kernel.db.writer(), finishes, keep, now).await?.1);
    }
    let transaction = kernel.db.begin().await?;
    let (_, tickets) = ledger::finish(&transaction, finishes, keep, now).await?;
    transaction.commit().await?;
    Ok(tickets)
}

async fn give_back(lane: &Lane, held: &[Held]) -> Result<()> {
    if held.is_empty() {
        return Ok(());
    }
    let tickets = ledger::release(lane.kernel.db.writer(), held, lane.kernel.clock.now()).await?;
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
