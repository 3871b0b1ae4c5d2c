//! The sweeper: removes expired jobs, stored responses, delivery attempts and events. It also finds deliveries and
//! provisioning requests without an open job, expires overdue orders to vendors, takes daily snapshots of address
//! pools, starts billing runs, and marks overdue invoices. Every worker process runs one; concurrent sweepers process
//! different rows.

use engine::ledger;
use isp::{addresses, invoices, provisioning, vendors};
use kernel::{Kernel, idempotency};
use platform::{Result, retry::OutageBackoff};
use tokio_util::sync::CancellationToken;

/// Runs until shutdown.
pub(crate) async fn run(kernel: Kernel, shutdown: CancellationToken) {
    let mut outage = OutageBackoff::new();
    let rounds = async {
        loop {
            if let Err(error) = enqueue_orphans(&kernel).await {
                outage.wait(&error).await;
            }
            if let Err(error) = provisioning::find_orphans(&kernel).await {
                outage.wait(&error).await;
            }
            if let Err(error) = vendors::expire_overdue(&kernel).await {
                outage.wait(&error).await;
            }
            if let Err(error) = addresses::snapshot(kernel.db.writer(), kernel.clock.now()).await {
                outage.wait(&error).await;
            }
            if let Err(error) = bill(&kernel).await {
                outage.wait(&error).await;
            }
            match sweep(&kernel).await {
                Ok(0) => outage.over(),
                Ok(swept) => {
                    outage.over();
                    tracing::debug!(swept, "removed expired records");
                }
                Err(error) => outage.wait(&error).await,
            }
            tokio::time::sleep(kernel.settings.retention.interval).await;
        }
    };
    shutdown.run_until_cancelled(rounds).await;
}

async fn bill(kernel: &Kernel) -> Result<()> {
    invoices::begin_due(kernel).await?;
    invoices::mark_overdue(kernel).await
}

async fn sweep(kernel: &Kernel) -> Result<u64> {
    let (batch, mut swept) = (kernel.settings.retention.batch as u64, 0);
    loop {
        let (db, now) = (kernel.db.writer(), kernel.clock.now());
        let jobs = ledger::sweep(db, batch, now).await?;
        let answers = idempotency::sweep(db, batch, now).await?;
        let webhooks = webhooks::sweep(db, &kernel.settings.retention, batch, now).await?;
        swept += jobs + answers + webhooks;
        if jobs.max(answers).max(webhooks) < batch {
            return Ok(swept);
        }
    }
}

async fn enqueue_orphans(kernel: &Kernel) -> Result<()> {
    let transaction = kernel.db.begin().await?;
    let pushes = webhooks::find_orphans(&transaction, kernel.clock.now()).await?;
    transaction.commit().await?;
    pushes.push(&*kernel.transport).await;
    Ok(())
}
