//! A shared connection, opened on first use and reopened after failures.

use super::{Servers, link::Link};
use crate::error::{Dependency, Error, Result};
use redis::{ErrorKind, RedisError, RedisResult, ServerErrorKind};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// After a failed connect, callers fail immediately for this long, instead of each waiting for a timeout.
const PAUSE: Duration = Duration::from_millis(250);

/// One connection per process.
pub struct Connection {
    servers: Arc<Servers>,
    current: Arc<tokio::sync::Mutex<Option<Link>>>,
    down_since: Arc<Mutex<Option<Instant>>>,
}

impl Connection {
    /// Connects on first use.
    pub fn new(servers: Arc<Servers>) -> Self {
        Self { servers, current: Arc::default(), down_since: Arc::default() }
    }

    /// Executes one call. A connection error (not a command error) drops the connection, and so does an error that says
    /// that the server is no longer the master.
    pub async fn run<T>(&self, call: impl AsyncFnOnce(Link) -> RedisResult<T>) -> Result<T> {
        let link = self.get().await?;
        let is_broken = if matches!(link, Link::Cluster(_)) { is_cluster_lost } else { is_server_lost };
        let result = call(link).await;
        if let Err(error) = &result {
            let demoted = is_demoted(error);
            if demoted || is_broken(error) {
                *self.current.lock().await = None;
                // The new master may not be known yet.
                mark(&self.down_since, demoted);
            }
        }
        Ok(result?)
    }

    async fn get(&self) -> Result<Link> {
        let current = self.current.lock().await;
        if let Some(link) = &*current {
            return Ok(link.clone());
        }
        drop(current);
        self.connect().await
    }

    /// In a separate task: if a caller times out before the connection is open, the next one uses it.
    async fn connect(&self) -> Result<Link> {
        let mut current = self.current.clone().lock_owned().await;
        if let Some(link) = &*current {
            return Ok(link.clone());
        }
        let down = *self.down_since.lock().unwrap_or_else(PoisonError::into_inner);
        if down.is_some_and(|since| since.elapsed() < PAUSE) {
            return Err(Error::unavailable(Dependency::Redis, "not tried again yet"));
        }
        let (servers, down_since) = (self.servers.clone(), self.down_since.clone());
        let connecting = tokio::spawn(async move {
            let made = servers.connect().await;
            mark(&down_since, made.is_err());
            Ok(current.insert(made.map_err(|error| servers.refused(&error))?).clone())
        });
        connecting.await.map_err(|_| Error::unavailable(Dependency::Redis, "shutting down"))?
    }
}

fn mark(down_since: &Mutex<Option<Instant>>, down: bool) {
    *down_since.lock().unwrap_or_else(PoisonError::into_inner) = down.then(Instant::now);
}

fn is_server_lost(error: &RedisError) -> bool {
    error.is_io_error()
        || error.is_connection_dropped()
        || error.is_timeout()
        || error.is_unrecoverable_error()
}

/// A cluster connection reconnects to lost nodes automatically, while the others stay in use.
fn is_cluster_lost(error: &RedisError) -> bool {
    error.is_connection_dropped() || error.kind() == ErrorKind::ClusterConnectionNotFound
}

/// Errors of a master that became a replica, or of a replica that lost its master.
fn is_demoted(error: &RedisError) -> bool {
    use ServerErrorKind::{MasterDown, ReadOnly};
    matches!(error.kind(), ErrorKind::Server(ReadOnly | MasterDown))
}
