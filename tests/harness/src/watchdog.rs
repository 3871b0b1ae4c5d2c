//! Child processes and folders that do not outlive this process, however it dies.
//!
//! Each child starts as a small shell, the leader of its own process group. The shell leaves a watchdog behind and then
//! becomes the program itself (`exec`), so that the child's id and exit status are the program's. The watchdog reads a
//! pipe that only this process can write to. When this process dies, even by SIGKILL, the kernel closes the pipe, and
//! the watchdog kills the group.
//!
//! The watchdog is a member of that group: while it lives, the kernel does not reuse the group's id, and killing the
//! group affects no process that was not started here.

use std::fs::{File, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{FileExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::{Gid, Pid, Uid};

use crate::wait::block_until;

/// The double fork reparents the watchdog to init: the program must not find a child that it did not start. A program
/// with its own termination signal gets ten seconds to exit.
const LEASH: &str = r#"
farewell=$1
shift
watch() {
    read -r _ <&3
    if [ "$farewell" != KILL ]; then
        kill -s "$farewell" "$$"
        tries=100
        while [ "$tries" -gt 0 ] && kill -s 0 "$$"; do
            sleep 0.1
            tries=$((tries - 1))
        done
    fi
    kill -s KILL -- "-$$"
}
exec 3<&0 </dev/null
( watch >/dev/null 2>&1 & )
exec 3<&-
unset PWD OLDPWD SHLVL
exec "$@"
"#;

/// Removes a folder when the pipe closes. Servers that die at the same time may still write a last file, hence the
/// second attempt.
const JANITOR: &str = r#"
read -r _
rm -rf -- "$1" || { sleep 1; rm -rf -- "$1"; }
"#;

/// A child process that is killed when dropped, and when this process dies.
#[derive(Debug)]
pub(crate) struct Leashed {
    child: Child,
    log: File,
    /// Open while the child may live; see the module.
    leash: Option<ChildStdin>,
    exited: Option<ExitStatus>,
}

impl Leashed {
    /// Starts `program`; `configure` sets its arguments, environment, folder and user. Standard output and error go to
    /// an unnamed file that only [`Leashed::log`] reads.
    pub(crate) fn start(program: &Path, configure: impl FnOnce(&mut Command)) -> Result<Self> {
        Self::start_with_farewell(Signal::SIGKILL, program, configure)
    }

    /// [`Leashed::start`] for a program with children that leave the group: when this process dies, the signal
    /// `farewell` makes the program end them.
    pub(crate) fn start_with_farewell(
        farewell: Signal,
        program: &Path,
        configure: impl FnOnce(&mut Command),
    ) -> Result<Self> {
        ensure!(program.is_file(), "there is no program {}", program.display());
        let log = tempfile::tempfile().context("cannot make a log file")?;
        let mut shell = Command::new("/bin/sh");
        clean_environment(&mut shell);
        shell.args(["-c", LEASH, "leash", farewell.as_str().trim_start_matches("SIG")]).arg(program);
        configure(&mut shell);
        shell.process_group(0).stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log.try_clone()?);
        let mut child = shell.spawn().with_context(|| format!("cannot start {}", program.display()))?;
        let leash = child.stdin.take();
        Ok(Self { child, log, leash, exited: None })
    }

    /// The process id of the program itself.
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }

    /// Sends a signal to the program alone; fails if it has exited.
    pub(crate) fn signal(&mut self, signal: Signal) -> Result<()> {
        if let Some(status) = self.try_wait()? {
            bail!("cannot send {signal}: the process has exited ({status})");
        }
        kill(self.pid(), signal).with_context(|| format!("cannot send {signal}"))
    }

    /// Returns the exit status, once there is one.
    pub(crate) fn try_wait(&mut self) -> Result<Option<ExitStatus>> {
        if self.exited.is_none() {
            self.exited = self.child.try_wait()?;
        }
        if self.exited.is_some() {
            self.kill_group();
        }
        Ok(self.exited)
    }

    /// Waits until the program exits, on its own or because of a signal.
    pub(crate) fn wait(&mut self, timeout: Duration) -> Result<ExitStatus> {
        let pid = self.pid();
        block_until(&format!("process {pid} to exit"), timeout, || self.try_wait())
    }

    /// Sends SIGKILL to the program and the rest of its group; returns when the program has exited.
    pub(crate) fn kill(&mut self) {
        self.kill_group();
        if self.exited.is_none() {
            self.exited = self.child.wait().ok();
        }
    }

    /// At most once, because the id may be reused afterwards.
    fn kill_group(&mut self) {
        if self.leash.take().is_some() {
            // ESRCH: the group is empty. Drop cannot report other errors.
            let _ = killpg(self.pid(), Signal::SIGKILL);
        }
    }

    /// Returns everything written to standard output and error so far.
    pub(crate) fn log(&self) -> String {
        let mut bytes = Vec::new();
        // Reads at an offset, because the position in the file is shared with the writers.
        let _ = self.read_log(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Appends to `bytes` the part of the log beyond its length.
    pub(crate) fn read_log(&self, bytes: &mut Vec<u8>) -> std::io::Result<()> {
        let mut chunk = [0; 8192];
        loop {
            match self.log.read_at(&mut chunk, bytes.len() as u64) {
                Ok(0) => return Ok(()),
                Ok(read) => bytes.extend_from_slice(&chunk[..read]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for Leashed {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Leaves only what programs need to run at all: a test must not depend on the developer's settings.
pub(crate) fn clean_environment(command: &mut Command) {
    command.env_clear();
    for name in ["PATH", "HOME", "TMPDIR"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
}

/// A temporary folder that is removed when dropped, and when this process dies: a `static` is never dropped.
#[derive(Debug)]
pub(crate) struct Scratch {
    path: PathBuf,
    janitor: Child,
}

impl Scratch {
    /// Creates a folder that only `owner` (default: this user) can enter.
    pub(crate) fn new(prefix: &str, owner: Option<(Uid, Gid)>) -> Result<Self> {
        let path = tempfile::Builder::new()
            .prefix(prefix)
            .permissions(Permissions::from_mode(0o700))
            .tempdir()
            .context("cannot make a temporary folder")?
            .keep();
        let janitor = Command::new("/bin/sh")
            .args(["-c", JANITOR, "janitor"])
            .arg(&path)
            .process_group(0)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start /bin/sh")?;
        let scratch = Self { path, janitor };
        if let Some((uid, gid)) = owner {
            chown(&scratch.path, Some(uid.as_raw()), Some(gid.as_raw()))?;
        }
        Ok(scratch)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(self.janitor.stdin.take());
        let _ = self.janitor.wait();
    }
}

#[cfg(test)]
mod tests;
