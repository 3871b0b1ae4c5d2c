//! Migrates the database schema.

use platform::{Db, retry::OutageBackoff};
use std::time::{Duration, Instant};

/// How long to wait for a database that is starting.
const PATIENCE: Duration = Duration::from_secs(30);

/// Migrates the schema and returns the names of the applied migrations. Waits for a database that is starting.
pub async fn migrate(db: &Db) -> platform::Result<Vec<String>> {
    let (started, mut outage) = (Instant::now(), OutageBackoff::new());
    loop {
        match try_migrate(db).await {
            Err(error) if error.is_transient() && started.elapsed() < PATIENCE => outage.wait(&error).await,
            done => return done,
        }
    }
}

async fn try_migrate(db: &Db) -> platform::Result<Vec<String>> {
    let missing = db.pending().await?;
    db.migrate().await?;
    if !missing.is_empty() {
        tracing::info!("database ready: {} steps", missing.len());
    }
    Ok(missing)
}
