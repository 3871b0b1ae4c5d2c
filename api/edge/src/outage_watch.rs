//! Logs outages of the database: a process that only serves requests has no task that always uses it.

use platform::{Db, retry::OutageBackoff};
use std::sync::Arc;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Follows an outage that a request has met until the database is back, and logs both once. Cheap to clone.
#[derive(Clone, Default)]
pub struct OutageWatch(Arc<Notify>);

impl OutageWatch {
    /// Starts the task; it ends with `shutdown`.
    pub fn start(db: Db, shutdown: CancellationToken) -> Self {
        let watch = Self::default();
        let noticed = watch.0.clone();
        tokio::spawn(async move { shutdown.run_until_cancelled(follow(db, noticed)).await });
        watch
    }

    /// The database did not respond.
    pub fn notice(&self) {
        self.0.notify_one();
    }
}

async fn follow(db: Db, noticed: Arc<Notify>) {
    let mut outage = OutageBackoff::new();
    loop {
        noticed.notified().await;
        while let Err(error) = db.ping().await {
            outage.wait(&error).await;
        }
        outage.over();
    }
}
