//! A shared connection that is made when it is needed, and made again when it has broken.

use super::{link::Link, servers::Servers};
use crate::error::{Dependency, Error, Result};
use redis::{ErrorKind, RedisError, RedisResult, ServerErrorKind};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// After a failed attempt to connect, callers fail at once for so long, instead of each waiting for a
/// time-out of its own.
const PAUSE: Duration = Duration::from_millis(250);

/// One connection for a whole process.
pub struct Connection {
    servers: Arc<Servers>,
    current: tokio::sync::Mutex<Option<Link>>,
    down_since: Mutex<Option<Instant>>,
}

impl Connection {
    /// Nothing is connected before it is needed.
    pub fn new(servers: Arc<Servers>) -> Self {
        Self { servers, current: tokio::sync::Mutex::default(), down_since: Mutex::default() }
    }

    /// Runs one call. An error of the connection (not of the command) throws the connection away, and so does one
    /// that says that the server is not the master any more.
    pub async fn run<T>(&self, call: impl AsyncFnOnce(Link) -> RedisResult<T>) -> Result<T> {
        let connection = self.get().await?;
        let result = call(connection).await;
        if let Err(error) = &result {
            let demoted = is_demoted(error);
            if demoted || is_broken(error) {
                *self.current.lock().await = None;
                // Who is to be the next may not be known yet.
                self.mark(demoted);
            }
        }
        Ok(result?)
    }

    async fn get(&self) -> Result<Link> {
        let mut current = self.current.lock().await;
        if let Some(connection) = &*current {
            return Ok(connection.clone());
        }
        if self.down().is_some_and(|since| since.elapsed() < PAUSE) {
            return Err(Error::unavailable(Dependency::Redis, "not tried again yet"));
        }
        let made = self.servers.connect().await;
        self.mark(made.is_err());
        Ok(current.insert(made.map_err(|error| self.servers.refused(&error))?).clone())
    }

    fn down(&self) -> Option<Instant> {
        *self.down_since.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn mark(&self, down: bool) {
        *self.down_since.lock().unwrap_or_else(PoisonError::into_inner) = down.then(Instant::now);
    }
}

fn is_broken(error: &RedisError) -> bool {
    error.is_io_error()
        || error.is_connection_dropped()
        || error.is_timeout()
        || error.is_unrecoverable_error()
}

/// What a master says that has become a replica, or a replica that has lost its master.
fn is_demoted(error: &RedisError) -> bool {
    use ServerErrorKind::{MasterDown, ReadOnly};
    matches!(error.kind(), ErrorKind::Server(ReadOnly | MasterDown))
}
