//! The sweeper: removes ended jobs whose time is over. Every worker process runs one; two at once remove
//! different rows, or one finds nothing.

use kernel::{Kernel, Result, ledger, retry::Outage};
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
                    tracing::debug!(swept, "removed ended jobs");
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
        let removed = ledger::sweep(kernel.db.writer(), batch, kernel.clock.now()).await?;
        swept += removed;
        if removed < batch {
            return Ok(swept);
        }
    }
}
