//! Taking connections: without Nagle's delay, and without spinning while there are no file handles left.

use std::{io, net::SocketAddr, time::Duration};
use tokio::net::{TcpListener, TcpStream};

/// How long to wait after a connection could not be taken; the system says at once, again and again, that
/// it has no handle.
const PAUSE: Duration = Duration::from_millis(100);

/// The connections of a listener.
pub struct Accept {
    listener: TcpListener,
    failing: bool,
}

impl Accept {
    /// Takes the connections of the listener.
    pub const fn new(listener: TcpListener) -> Self {
        Self { listener, failing: false }
    }

    /// The next connection, and who is at its other end.
    pub async fn next(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            match self.listener.accept().await {
                Ok((stream, peer)) => {
                    self.failing = false;
                    // Without it a small answer may wait 40 ms for the acknowledgement of the one before.
                    // A connection that is gone already says so again when it is read.
                    let _ = stream.set_nodelay(true);
                    return (stream, peer);
                }
                Err(error) => self.failed(&error).await,
            }
        }
    }

    /// Logs a change of state once.
    async fn failed(&mut self, error: &io::Error) {
        // Of the one client that has gone again, not of the listener.
        if error.kind() == io::ErrorKind::ConnectionAborted {
            return;
        }
        if !self.failing {
            tracing::warn!(%error, "cannot take connections");
        }
        self.failing = true;
        tokio::time::sleep(PAUSE).await;
    }
}
