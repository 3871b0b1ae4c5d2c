//! From a command to the embedded platform that runs beside it: a Unix socket beside the database's file, which its
//! owner alone can use. An idle platform waits at it, and does nothing.
//!
//! A line is a [`Message`](super::messages::Message), or `push`, the queue and its queue entries as JSON. What is lost here
//! costs time and nothing else, as with any transport: the reconciler finds it.

mod client;
#[cfg(unix)]
mod server;

pub(super) use client::Client;
#[cfg(unix)]
pub use server::listen;

use platform::{Db, config::Settings};
use std::path::PathBuf;

/// The word of a line that has queue entries.
const PUSH: &str = "push";

/// The socket of the configured platform; `None` with Redis, or a database in memory.
pub(super) fn socket(settings: &Settings) -> Option<PathBuf> {
    if cfg!(unix) && settings.redis.url.is_empty() { Db::socket(settings) } else { None }
}

/// The path in a form that the system takes: those of sockets have about a hundred bytes at most. The file has to be
/// open for as long as the path is used.
#[cfg(unix)]
fn short_path(path: &std::path::Path) -> std::io::Result<(PathBuf, Option<std::fs::File>)> {
    use std::os::fd::AsRawFd;
    const LONGEST: usize = 100;
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Ok((path.into(), None));
    };
    if !cfg!(target_os = "linux") || path.as_os_str().len() <= LONGEST {
        return Ok((path.into(), None));
    }
    let folder = std::fs::File::open(folder)?;
    let short = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd())).join(name);
    Ok((short, Some(folder)))
}

/// Elsewhere the reconciler finds what commands write.
#[cfg(not(unix))]
pub async fn listen(_: std::sync::Arc<Settings>, _: std::sync::Arc<dyn super::Transport>) {}

#[cfg(test)]
mod tests;
