//! The worker: pops job ids from the transport, starts the jobs in the ledger, runs their handlers and records their
//! outcomes. Any number of processes do this concurrently.

mod backend;
mod context;
mod deliveries;
mod install_batcher;
mod jobs;
mod outcome;
mod provisioners;
mod queue_worker;
mod reconciler;
mod sweeper;

use backend::Isolation;
use context::Shared;
use deliveries::Deliveries;
use engine::{jobs::JobKind, transport};
use futures::future::join_all;
use install_batcher::InstallBatcher;
use isp::invoices::InvoiceRenderer;
pub use jobs::{KINDS, find_kind};
use kernel::Kernel;
use provisioners::Provisioners;
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// Time that a shutdown may take beyond `worker.drain`: releasing unfinished jobs, and a last commit.
const SHUTDOWN_GRACE: Duration = Duration::from_millis(1500);

/// Works on jobs of these kinds until `shutdown`; then lets those in flight end for at most
/// `worker.drain`, gives the others back, and returns. Also reconciles, sweeps, and reads accounting.
pub async fn run(
    kernel: Kernel,
    renderer: Arc<dyn InvoiceRenderer>,
    kinds: Vec<JobKind>,
    shutdown: CancellationToken,
) {
    let name = unique_name();
    info!(worker = name, ?kinds, "working");
    let reconciler = tokio::spawn(reconciler::run(kernel.clone(), shutdown.clone()));
    let sweeper = tokio::spawn(sweeper::run(kernel.clone(), shutdown.clone()));
    let listening = tokio::spawn(transport::listen(kernel.settings.clone(), kernel.transport.clone()));
    let drain = kernel.settings.worker.drain;
    let (deliveries, writing) = Deliveries::start(kernel.clone());
    let provisioners = Arc::new(Provisioners::new(&kernel));
    let accounting = tokio::spawn({
        let (kernel, provisioners, shutdown) = (kernel.clone(), provisioners.clone(), shutdown.clone());
        async move { provisioners.run(&kernel, &shutdown).await }
    });
    let installations = InstallBatcher::start(&kernel);
    let shared = Shared { deliveries, provisioners, installations, renderer };
    let isolation = Isolation::new(kernel.settings.worker.lease, shutdown.clone());
    let queue_workers = kinds.into_iter().map(|kind| {
        let (kernel, name, shared) = (kernel.clone(), name.clone(), shared.clone());
        tokio::spawn(queue_worker::run(kernel, kind, name, shared, isolation.clone(), shutdown.clone()))
    });
    let queue_workers = join_all(queue_workers);
    let suspects = tokio::spawn(isolation.run());
    drop(shared);
    let all = async {
        queue_workers.await;
        // A task fails only by a panic, which has been logged.
        let _ = suspects.await;
        // Completed attempts are recorded, also those of aborted handlers.
        writing.await
    };
    let deadline = async {
        shutdown.cancelled().await;
        tokio::time::sleep(drain + SHUTDOWN_GRACE).await;
    };
    tokio::select! {
        _ = all => info!(worker = name, "all jobs ended or were released"),
        () = deadline => warn!(worker = name, "not all jobs could be released; their leases will expire"),
    }
    reconciler.abort();
    sweeper.abort();
    accounting.abort();
    listening.abort();
}

/// Unique per start, because a lease belongs to a start, not to a host.
fn unique_name() -> String {
    let host = gethostname::gethostname();
    // The last third of a version 7 id is random.
    let random = uuid::Uuid::now_v7().as_u64_pair().1 & 0xffff_ffff;
    format!("{}:{}:{random:08x}", host.to_string_lossy(), std::process::id())
}
