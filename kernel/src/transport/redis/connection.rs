//! A shared connection that is made when it is needed, and made again when it has broken.

use crate::error::{Dependency, Error, Result};
use redis::{AsyncConnectionConfig, Client, RedisResult, aio::MultiplexedConnection};
use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// After a failed attempt to connect, callers fail at once for so long, instead of each waiting for a
/// time-out of its own.
const PAUSE: Duration = Duration::from_millis(250);

/// One multiplexed connection for a whole process.
pub struct Connection {
    client: Client,
    config: AsyncConnectionConfig,
    current: tokio::sync::Mutex<Option<MultiplexedConnection>>,
    down_since: Mutex<Option<Instant>>,
}

impl Connection {
    /// Nothing is connected before it is needed.
    pub fn new(client: Client, response_timeout: Duration) -> Self {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(Duration::from_secs(1)))
            .set_response_timeout(Some(response_timeout));
        Self { client, config, current: tokio::sync::Mutex::default(), down_since: Mutex::default() }
    }

    /// Runs one call. An error of the connection (not of the command) throws the connection away.
    pub async fn run<T>(&self, call: impl AsyncFnOnce(MultiplexedConnection) -> RedisResult<T>) -> Result<T> {
        let connection = self.get().await?;
        let result = call(connection).await;
        if result.as_ref().is_err_and(is_broken) {
            *self.current.lock().await = None;
        }
        Ok(result?)
    }

    async fn get(&self) -> Result<MultiplexedConnection> {
        let mut current = self.current.lock().await;
        if let Some(connection) = &*current {
            return Ok(connection.clone());
        }
        if self.down().is_some_and(|since| since.elapsed() < PAUSE) {
            return Err(Error::unavailable(Dependency::Redis, "not tried again yet"));
        }
        let made = self.client.get_multiplexed_async_connection_with_config(&self.config).await;
        self.mark(made.is_err());
        Ok(current.insert(made?).clone())
    }

    fn down(&self) -> Option<Instant> {
        *self.down_since.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn mark(&self, down: bool) {
        *self.down_since.lock().unwrap_or_else(PoisonError::into_inner) = down.then(Instant::now);
    }
}

fn is_broken(error: &redis::RedisError) -> bool {
    error.is_io_error()
        || error.is_connection_dropped()
        || error.is_timeout()
        || error.is_unrecoverable_error()
}
