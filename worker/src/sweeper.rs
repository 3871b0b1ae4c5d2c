//! The sweeper: removes ended jobs, and answers kept for requests sent again, whose time is over. Every worker process runs one; two at once remove
//! different rows, or one finds nothing.

use kernel::{Kernel, Result, idempotency, ledger, retry::Outage};
use tokio_util::sync::CancellationToken;

/// Runs until shutdown.
pub(crate) async fn run(kernel: Kernel, shutdown: CancellationToken) {
    let mut outage = Outage::new();
    let rounds = async {
        loop {
            match sweep(&kernel).await {
                Ok(0) => outage.over(),
                Ok(swept) => {
                    outage.over();
                    tracing::debug!(swept, "removed ended jobs and old answers");
                }
                Err(error) => outage.wait(&error).await,
            }
            tokio::time::sleep(kernel.settings.retention.interval).await;
        }
    };
    shutdown.run_until_cancelled(rounds).await;
}

async fn sweep(kernel: &Kernel) -> Result<u64> {
    let (batch, mut swept) = (kernel.settings.retention.batch as u64, 0);
    loop {
        let (db, now) = (kernel.db.writer(), kernel.clock.now());
        let jobs = ledger::sweep(db, batch, now).await?;
        let answers = idempotency::sweep(db, batch, now).await?;
        swept += jobs + answers;
        if jobs.max(answers) < batch {
            return Ok(swept);
        }
    }
}
