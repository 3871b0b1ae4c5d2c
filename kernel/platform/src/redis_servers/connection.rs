//! A shared connection that is made when it is needed, and made again when it has broken.

use super::{Servers, link::Link};
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
    current: Arc<tokio::sync::Mutex<Option<Link>>>,
    down_since: Arc<Mutex<Option<Instant>>>,
}

impl Connection {
    /// Nothing is connected before it is needed.
    pub fn new(servers: Arc<Servers>) -> Self {
        Self { servers, current: Arc::default(), down_since: Arc::default() }
    }

    /// Runs one call. An error of the connection (not of the command) throws the connection away, and so does one
    /// that says that the server is not the master any more.
    pub async fn run<T>(&self, call: impl AsyncFnOnce(Link) -> RedisResult<T>) -> Result<T> {
        let link = self.get().await?;
        let is_broken = if matches!(link, Link::Cluster(_)) { is_cluster_lost } else { is_server_lost };
        let result = call(link).await;
        if let Err(error) = &result {
            let demoted = is_demoted(error);
            if demoted || is_broken(error) {
                *self.current.lock().await = None;
                // Who is to be the next may not be known yet.
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

    /// In a separate task: a caller may time out before the connection is made, and the next one uses it.
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

/// A cluster's connection finds lost nodes again by itself, while the others go on.
fn is_cluster_lost(error: &RedisError) -> bool {
    error.is_connection_dropped() || error.kind() == ErrorKind::ClusterConnectionNotFound
}

/// What a master says that has become a replica, or a replica that has lost its master.
fn is_demoted(error: &RedisError) -> bool {
    use ServerErrorKind::{MasterDown, ReadOnly};
    matches!(error.kind(), ErrorKind::Server(ReadOnly | MasterDown))
}
