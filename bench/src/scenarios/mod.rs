//! The scenarios, one file per scenario.

pub mod drain;
pub mod edge;
pub mod enqueue;
pub mod growth;
pub mod idle;
pub mod import;
pub mod invoices;
pub mod latency;
pub mod provisioning;
pub mod reads;
pub mod webhooks;

use anyhow::Result;
use engine::{
    jobs::Probe,
    ledger::{self, NewJob},
};
use entities::job;
use kernel::Kernel;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use std::time::Duration;

/// Enqueues this number of no-op jobs, a thousand per commit.
async fn enqueue_probes(kernel: &Kernel, count: usize) -> Result<()> {
    for begin in (0..count).step_by(1000) {
        let size = 1000.min(count - begin);
        let jobs = (0..size).map(|_| NewJob::new(None, &Probe::default())).collect::<Result<Vec<_>, _>>()?;
        let enqueued = ledger::enqueue(kernel.db.writer(), jobs, kernel.clock.now()).await?;
        enqueued.pushes.push(&*kernel.transport).await;
    }
    Ok(())
}

/// Returns when no job is open. Polls rarely, because the query costs the database time.
async fn drained(kernel: &Kernel) -> Result<()> {
    loop {
        let open = job::Entity::find().filter(job::Column::FinishedAt.is_null());
        // Answered by an index while jobs are queued; only without any are the running ones counted.
        let waiting = open.clone().filter(job::Column::LeaseUntil.is_null());
        if waiting.one(kernel.db.reader()).await?.is_none() && open.count(kernel.db.reader()).await? == 0 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}
