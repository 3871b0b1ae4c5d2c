//! The processes of a server.

use super::PATIENCE;
use crate::wait::block_until;
use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Kills the children of a stopped process. While stopped, it forks no new children and does not reap dead ones: their
/// ids cannot be reused, and a zombie is a child that has died.
pub(super) fn kill_children(parent: Pid) -> Result<()> {
    let children = children(parent)?;
    for child in &children {
        match kill(*child, Signal::SIGKILL) {
            Ok(()) | Err(Errno::ESRCH) => {}
            Err(error) => return Err(error).context("cannot kill a postgres process"),
        }
    }
    block_until("the postgres processes to die", PATIENCE, || {
        let alive = children.iter().any(|child| stat(*child).is_some_and(|(state, _)| state != "Z"));
        Ok((!alive).then_some(()))
    })
}

/// Returns all child processes of `parent`. The backends are in sessions of their own, so they do not form a process
/// group.
pub(super) fn children(parent: Pid) -> Result<Vec<Pid>> {
    let entries = std::fs::read_dir("/proc").context("cannot list processes")?;
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    Ok(pids
        .map(Pid::from_raw)
        .filter(|pid| stat(*pid).is_some_and(|(_, its_parent)| its_parent == parent))
        .collect())
}

/// Returns the state letter and the parent of a process, if it exists.
pub(super) fn stat(pid: Pid) -> Option<(String, Pid)> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second column is the program's name in parentheses, which may contain any characters.
    let (_, columns) = stat.rsplit_once(')')?;
    let mut columns = columns.split_whitespace();
    Some((columns.next()?.to_owned(), Pid::from_raw(columns.next()?.parse().ok()?)))
}
