//! The processes of a server.

use super::PATIENCE;
use crate::wait::block_until;
use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Kills the children of a stopped process. Stopped, it makes no new ones and collects none of
/// the dead: until it dies itself their ids are theirs, and a zombie is a child gone for good.
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

/// All processes whose parent is `parent`. The backends are in sessions of their own, so that
/// they cannot be had as a process group.
pub(super) fn children(parent: Pid) -> Result<Vec<Pid>> {
    let entries = std::fs::read_dir("/proc").context("cannot list processes")?;
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    Ok(pids
        .map(Pid::from_raw)
        .filter(|pid| stat(*pid).is_some_and(|(_, its_parent)| its_parent == parent))
        .collect())
}

/// The state letter and the parent of a process that exists.
pub(super) fn stat(pid: Pid) -> Option<(String, Pid)> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second column is the program's name in brackets and may contain anything.
    let (_, columns) = stat.rsplit_once(')')?;
    let mut columns = columns.split_whitespace();
    Some((columns.next()?.to_owned(), Pid::from_raw(columns.next()?.parse().ok()?)))
}
