//! Taking connections: without Nagle's delay, and without spinning while there are no file handles left.

use poem::{
    http::uri::Scheme,
    listener::Acceptor,
    web::{LocalAddr, RemoteAddr},
};
use std::{io, time::Duration};
use tokio::net::{TcpListener, TcpStream};

/// How long to wait after a connection could not be taken; the system says at once, again and again, that
/// it has no handle.
const PAUSE: Duration = Duration::from_millis(100);

/// The acceptor of the server.
pub struct Accept {
    listener: TcpListener,
    address: LocalAddr,
    failing: bool,
}

impl Accept {
    /// Takes the connections of the listener.
    pub fn new(listener: TcpListener) -> io::Result<Self> {
        let address = LocalAddr(listener.local_addr()?.into());
        Ok(Self { listener, address, failing: false })
    }

    /// Logs a change of state once.
    async fn failed(&mut self, error: &io::Error) {
        if !self.failing {
            tracing::warn!(%error, "cannot take connections");
        }
        self.failing = true;
        tokio::time::sleep(PAUSE).await;
    }
}

impl Acceptor for Accept {
    type Io = TcpStream;

    fn local_addr(&self) -> Vec<LocalAddr> {
        vec![self.address.clone()]
    }

    async fn accept(&mut self) -> io::Result<(TcpStream, LocalAddr, RemoteAddr, Scheme)> {
        match self.listener.accept().await {
            Ok((stream, peer)) => {
                self.failing = false;
                // Without it a small answer may wait 40 ms for the acknowledgement of the one before.
                stream.set_nodelay(true)?;
                Ok((stream, self.address.clone(), RemoteAddr(peer.into()), Scheme::HTTP))
            }
            Err(error) => {
                self.failed(&error).await;
                Err(error)
            }
        }
    }
}
