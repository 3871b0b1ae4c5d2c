//! The worker.
#![allow(missing_docs, clippy::unused_async)]
use kernel::{Kernel, jobs::Kind};
use tokio_util::sync::CancellationToken;
pub async fn run(kernel: Kernel, kinds: Vec<Kind>, shutdown: CancellationToken) {
    let _ = (kernel, kinds);
    shutdown.cancelled().await;
}
