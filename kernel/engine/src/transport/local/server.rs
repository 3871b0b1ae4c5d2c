//! The platform's side.

use super::PUSH;
use crate::transport::{QueueEntry, Transport, messages::Message};
use platform::{config::Settings, error::Result};
use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    net::{UnixListener, UnixStream},
    time::{sleep, timeout},
};

/// How long a command may take to send its lines.
const PATIENCE: Duration = Duration::from_secs(5);

/// Bytes of what a command says at most: some hundred thousand queue entries.
const MOST: u64 = 64 << 20;

/// Hears what commands beside this embedded platform have enqueued and recorded, and passes it on to the workers of
/// this process, until it is dropped. With Redis that is Redis' part, and nothing is done here. Of two platforms with
/// one database the second listens when the first has ended.
pub async fn listen(settings: Arc<Settings>, transport: Arc<dyn Transport>) {
    let Some(path) = super::socket(&settings) else { return };
    let socket = bound(&path).await;
    loop {
        match socket.listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(receive(stream, transport.clone()))),
            Err(error) => {
                tracing::debug!(%error, "could not accept a connection of a command");
                // Too many files are open, say.
                sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

/// The socket, as soon as it can be had.
async fn bound(path: &Path) -> Socket {
    let mut is_warned = false;
    loop {
        match Socket::bind(path) {
            Ok(socket) => return socket,
            Err(error) if !is_warned => {
                is_warned = true;
                tracing::warn!(
                    socket = %path.display(), %error,
                    "commands cannot notify this platform: it finds their changes only after some seconds"
                );
            }
            Err(_) => {}
        }
        sleep(Duration::from_secs(1)).await;
    }
}

/// The socket, which goes when it is dropped.
struct Socket {
    listener: UnixListener,
    path: PathBuf,
    inode: u64,
}

impl Socket {
    /// `AddrInUse` while another platform listens there.
    fn bind(path: &Path) -> io::Result<Self> {
        let (short, _folder) = super::short_path(path)?;
        if std::os::unix::net::UnixStream::connect(&short).is_ok() {
            return Err(io::ErrorKind::AddrInUse.into());
        }
        // Of a process that was killed.
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(short)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
        Ok(Self { listener, path: path.to_owned(), inode: inode(path)? })
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Not that of a process that was started meanwhile.
        if inode(&self.path).is_ok_and(|inode| inode == self.inode) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn inode(path: &Path) -> io::Result<u64> {
    Ok(std::os::unix::fs::MetadataExt::ino(&fs::metadata(path)?))
}

/// Passes on what one command says.
async fn receive(stream: UnixStream, transport: Arc<dyn Transport>) {
    let received = async {
        let mut lines = BufReader::new(stream.take(MOST)).lines();
        while let Some(line) = lines.next_line().await? {
            if let Err(error) = dispatch(&line, &*transport).await {
                tracing::debug!(%error, "not passed on; the reconciler finds it");
            }
        }
        io::Result::Ok(())
    };
    match timeout(PATIENCE, received).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a command broke off"),
        Err(_) => tracing::debug!("timed out reading from a command"),
    }
}

async fn dispatch(line: &str, transport: &dyn Transport) -> Result<()> {
    let parts = line.strip_prefix(PUSH).map(str::trim_start).and_then(|rest| rest.split_once(' '));
    if let Some((queue, pushes)) = parts {
        let pushes: Vec<QueueEntry> = serde_json::from_str(pushes)?;
        return transport.push(queue, &pushes).await.map(drop);
    }
    match Message::parse(line) {
        Some(Message::Cancel(id)) => transport.announce_cancel(id).await,
        Some(Message::Wakeup(wakeup)) => transport.announce_wakeup(&wakeup).await,
        Some(Message::Wake(_)) | None => {
            tracing::warn!(line, "a command sent a message that this version does not know");
            Ok(())
        }
    }
}
