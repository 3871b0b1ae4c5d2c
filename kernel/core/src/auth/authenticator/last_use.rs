//! Last uses of keys: recorded in memory, written in batches.

use chrono::{DateTime, Utc};
use entities::ids::ApiKeyId;
use platform::{
    Db,
    bulk::{self, SqlType},
    error::Result,
};
use sea_orm::ConnectionTrait;
use serde::Serialize;
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio_util::sync::CancellationToken;

/// The unwritten last use of each key.
#[derive(Default)]
pub struct LastUse {
    noted: Mutex<HashMap<ApiKeyId, (DateTime<Utc>, IpAddr)>>,
}

#[derive(Serialize)]
struct Row {
    id: ApiKeyId,
    at: DateTime<Utc>,
    address: IpAddr,
}

impl LastUse {
    fn noted(&self) -> MutexGuard<'_, HashMap<ApiKeyId, (DateTime<Utc>, IpAddr)>> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records a use. The later of two wins.
    pub fn note(&self, key: ApiKeyId, at: DateTime<Utc>, from: IpAddr) {
        let mut noted = self.noted();
        let last = noted.entry(key).or_insert((at, from));
        if last.0 < at {
            *last = (at, from);
        }
    }

    /// Writes the recorded uses in one statement, and returns the number of keys. On failure they are kept for the next
    /// time.
    pub async fn write(&self, db: &Db) -> Result<usize> {
        let noted = std::mem::take(&mut *self.noted());
        if noted.is_empty() {
            return Ok(0);
        }
        let rows: Vec<_> = noted.iter().map(|(&id, &(at, address))| Row { id, at, address }).collect();
        let written = write(db, &rows).await;
        if written.is_err() {
            for (key, (at, from)) in noted {
                self.note(key, at, from);
            }
        }
        written.map(|()| rows.len())
    }

    /// Writes periodically until shutdown.
    pub async fn keep_writing(&self, db: &Db, every: Duration, shutdown: CancellationToken) {
        while shutdown.run_until_cancelled(tokio::time::sleep(every)).await.is_some() {
            if let Err(error) = self.write(db).await {
                tracing::debug!(%error, "last uses of keys are written later");
            }
        }
    }
}

/// Another process may have written a later use.
async fn write(db: &Db, rows: &[Row]) -> Result<()> {
    const FIELDS: &bulk::Fields = &[("id", SqlType::Uuid), ("at", SqlType::Time), ("address", SqlType::Text)];
    let sql = "update api_keys set last_used_at = r.at, last_used_from = r.address from {rows}
        where api_keys.id = r.id and (last_used_at is null or last_used_at < r.at)";
    db.writer().execute_raw(bulk::statement(db.writer(), sql, FIELDS, &rows, [])?).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::config::Settings;

    #[tokio::test]
    async fn a_batch_that_fails_is_kept_without_undoing_later_uses() {
        let mut settings = Settings::default();
        settings.database.url = "sqlite::memory:".into();
        let db = Db::open(&settings).await.unwrap();
        let (uses, key) = (LastUse::default(), ApiKeyId::new());
        let [first, second] = [1, 2].map(|n| DateTime::from_timestamp(n, 0).unwrap());
        let from = "192.0.2.7".parse().unwrap();
        uses.note(key, second, from);
        uses.note(key, first, from);
        assert!(uses.write(&db).await.is_err(), "there is no such table");
        assert_eq!(uses.noted().get(&key), Some(&(second, from)));
    }
}
