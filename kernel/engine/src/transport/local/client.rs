//! The command's side.

use super::PUSH;
use crate::transport::{Depth, PopResult, QueueEntry, Signals, Transport, Wakeup, messages::Message};
use async_trait::async_trait;
use entities::ids::JobId;
use platform::error::Result;
use serde_json::json;
use std::{
    io,
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

/// How long the platform may take to hear something.
const PATIENCE: Duration = Duration::from_millis(500);

/// Maximum number of queue entries per line.
const TICKETS: usize = 500;

/// Passes on what is pushed and announced. Nothing is popped here: a command does no jobs.
pub(in crate::transport) struct Client {
    socket: PathBuf,
    signals: Signals,
    /// A platform that hangs is waited for once.
    has_timed_out: AtomicBool,
}

impl Client {
    pub(in crate::transport) fn new(socket: PathBuf) -> Self {
        Self { socket, signals: Signals::default(), has_timed_out: AtomicBool::new(false) }
    }

    /// Where no platform runs, nobody has to hear it: a start looks at everything.
    async fn send(&self, lines: String) {
        if self.has_timed_out.load(Ordering::Relaxed) {
            return;
        }
        let sent = tokio::time::timeout(PATIENCE, send(&self.socket, lines)).await;
        let sent = sent.unwrap_or_else(|_| {
            self.has_timed_out.store(true, Ordering::Relaxed);
            Err(io::ErrorKind::TimedOut.into())
        });
        if let Err(error) = sent {
            tracing::debug!(%error, socket = %self.socket.display(), "no platform is listening");
        }
    }
}

/// Returns when the platform has heard it all: it then closes its side.
#[cfg(unix)]
async fn send(socket: &std::path::Path, lines: String) -> io::Result<()> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let (path, _folder) = super::short_path(socket)?;
    let mut stream = tokio::net::UnixStream::connect(path).await?;
    stream.write_all(lines.as_bytes()).await?;
    stream.shutdown().await?;
    stream.read_to_end(&mut vec![]).await.map(drop)
}

#[cfg(not(unix))]
async fn send(_: &std::path::Path, _: String) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[async_trait]
impl Transport for Client {
    async fn push(&self, queue: &str, pushes: &[QueueEntry]) -> Result<u64> {
        let lines = pushes.chunks(TICKETS).map(|pushes| format!("{PUSH} {queue} {}\n", json!(pushes)));
        self.send(lines.collect()).await;
        Ok(pushes.len() as u64)
    }

    async fn pop(&self, _: &str, _: usize) -> Result<PopResult> {
        Ok(PopResult::default())
    }

    async fn depth(&self, _: &str) -> Result<Depth> {
        Ok(Depth::default())
    }

    async fn announce_cancel(&self, id: JobId) -> Result<()> {
        self.send(Message::Cancel(id).text() + "\n").await;
        Ok(())
    }

    async fn announce_wakeup(&self, wakeup: &Wakeup) -> Result<()> {
        self.send(Message::Wakeup(wakeup.clone()).text() + "\n").await;
        Ok(())
    }

    fn signals(&self) -> &Signals {
        &self.signals
    }

    async fn status(&self) -> Result<String> {
        Ok("within the platform's process".into())
    }

    async fn ping(&self) -> Result<()> {
        Ok(())
    }
}
