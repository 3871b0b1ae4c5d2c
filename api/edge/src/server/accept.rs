//! Accepts connections: without Nagle's delay, and without a busy loop when file handles run out.

use std::{io, net::SocketAddr, time::Duration};
use tokio::net::{TcpListener, TcpStream};

/// The pause after a failed accept: without file handles it fails immediately, again and again.
const PAUSE: Duration = Duration::from_millis(100);

/// The connections of a listener.
pub struct Accept {
    listener: TcpListener,
    failing: bool,
}

impl Accept {
    /// Accepts connections of the listener.
    pub const fn new(listener: TcpListener) -> Self {
        Self { listener, failing: false }
    }

    /// The next connection, and its peer.
    pub async fn next(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            match self.listener.accept().await {
                Ok((stream, peer)) => {
                    self.failing = false;
                    // Otherwise a small response may wait 40 ms for the previous acknowledgement.
                    // If the connection is gone already, reading it fails too.
                    let _ = stream.set_nodelay(true);
                    return (stream, peer);
                }
                Err(error) => self.failed(&error).await,
            }
        }
    }

    /// Logs a change of state once.
    async fn failed(&mut self, error: &io::Error) {
        // An error of a single connection, not of the listener.
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
