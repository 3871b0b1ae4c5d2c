//! Counting together, in Redis: a small hash a caller, which expires with its day.

use super::{Counts, Quota, millis};
use crate::{
    config,
    error::{Error, Result},
    transport::RedisConnection,
};
use redis::Script;
use std::{sync::LazyLock, time::Duration};

static TAKE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("take.lua")));

/// The way to the counters.
pub(super) struct Redis {
    connection: RedisConnection,
    prefix: String,
    windows: [Duration; 2],
}

impl Redis {
    /// Nothing is connected before it is needed.
    pub(super) fn open(settings: &config::Redis, windows: [Duration; 2]) -> Result<Self> {
        let client = redis::Client::open(settings.url.as_str())
            .map_err(|error| Error::Internal(format!("redis.url: {error}")))?;
        let connection = RedisConnection::new(client, settings.response_timeout);
        Ok(Self { connection, prefix: settings.prefix.clone(), windows })
    }

    /// Whether the request may go on, and the counts with it. One round trip.
    pub(super) async fn take(&self, caller: &str, quota: Quota) -> Result<(bool, Counts)> {
        let mut call = TAKE.prepare_invoke();
        call.key(format!("{}:limit:{caller}", self.prefix));
        for (limit, window) in quota.into_iter().zip(self.windows) {
            call.arg(limit).arg(millis(window));
        }
        let (admitted, used, left, used_today, left_today): (bool, u64, u64, u64, u64) =
            self.connection.run(async |mut redis| call.invoke_async(&mut redis).await).await?;
        let count = |used, left| (used, Duration::from_millis(left));
        Ok((admitted, [count(used, left), count(used_today, left_today)]))
    }
}
