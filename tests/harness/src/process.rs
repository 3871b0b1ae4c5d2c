//! A program under test, as a separate process.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::Signal;

use crate::wait::{poll_until, tail};
use crate::watchdog::Leashed;

/// The configuration of a [`Process`].
#[derive(Debug)]
pub struct ProcessBuilder {
    program: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    folder: Option<PathBuf>,
}

impl ProcessBuilder {
    /// Adds one argument.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args(mut self, arguments: impl IntoIterator<Item: AsRef<OsStr>>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().into()));
        self
    }

    /// Sets an environment variable. The only others are PATH, HOME and TMPDIR.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.as_ref().into(), value.as_ref().into()));
        self
    }

    /// Sets several environment variables.
    #[must_use]
    pub fn envs<N: AsRef<OsStr>, V: AsRef<OsStr>>(self, variables: impl IntoIterator<Item = (N, V)>) -> Self {
        variables.into_iter().fold(self, |builder, (name, value)| builder.env(name, value))
    }

    /// Sets the working directory; default: that of the tests.
    #[must_use]
    pub fn current_dir(mut self, folder: impl AsRef<Path>) -> Self {
        self.folder = Some(folder.as_ref().into());
        self
    }

    /// Starts the process; does not wait for anything.
    pub fn start(self) -> Result<Process> {
        // Absolute, because the process may start in another folder.
        let program = std::path::absolute(&self.program)?;
        let leashed = Leashed::start(&program, |command| {
            command.args(&self.arguments).envs(self.environment);
            if let Some(folder) = self.folder {
                command.current_dir(folder);
            }
        })?;
        let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Process { name, leashed: Mutex::new(leashed) })
    }
}

/// A running program: killed when dropped, and when the test process dies.
#[derive(Debug)]
pub struct Process {
    name: String,
    leashed: Mutex<Leashed>,
}

impl Process {
    /// Configures a program; in tests of the root package, `env!("CARGO_BIN_EXE_switchyard")`.
    pub fn builder(program: impl AsRef<Path>) -> ProcessBuilder {
        ProcessBuilder {
            program: program.as_ref().into(),
            arguments: Vec::new(),
            environment: Vec::new(),
            folder: None,
        }
    }

    /// Waits for the first line of the log that contains `text` and returns it.
    ///
    /// Includes lines written before the call. On timeout, or if the process exits without such a line, the error has
    /// the last 50 lines.
    pub async fn wait_for_line(&self, text: &str, timeout: Duration) -> Result<String> {
        self.wait_for_line_where(&format!("{text:?}"), timeout, |line| line.contains(text)).await
    }

    /// [`Process::wait_for_line`] with a custom condition; `what` names it in the error.
    pub async fn wait_for_line_where(
        &self,
        what: &str,
        timeout: Duration,
        mut wanted: impl FnMut(&str) -> bool,
    ) -> Result<String> {
        let mut lines = Lines::default();
        let what = format!("a line with {what} from {}", self.name);
        let found = poll_until(&what, timeout, || {
            // Checked before the log is read, so that everything written before the exit is seen.
            let exited = self.leashed().try_wait()?;
            self.leashed().read_log(&mut lines.bytes)?;
            match (lines.find(&mut wanted, exited.is_some()), exited) {
                (None, Some(status)) => bail!("it exited with {status} before {what}"),
                (line, _) => Ok(line),
            }
        });
        found.await.with_context(|| format!("the log ends with:\n{}", tail(&self.log())))
    }

    /// Returns everything written to standard output and error so far.
    pub fn log(&self) -> String {
        self.leashed().log()
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.leashed().pid().as_raw().cast_unsigned()
    }

    /// Sends SIGTERM. Like all signals here, fails if the process has exited.
    pub fn sigterm(&self) -> Result<()> {
        self.leashed().signal(Signal::SIGTERM)
    }

    /// Kills the process; returns when it has exited.
    pub fn sigkill(&self) {
        self.leashed().kill();
    }

    /// Stops the process, like a host that hangs: its leases expire, its connections stay open.
    pub fn sigstop(&self) -> Result<()> {
        self.leashed().signal(Signal::SIGSTOP)
    }

    /// Continues the process after [`Process::sigstop`].
    pub fn sigcont(&self) -> Result<()> {
        self.leashed().signal(Signal::SIGCONT)
    }

    /// Waits until the process has exited; on timeout, the error has the last 50 lines of the log.
    pub async fn wait_exit(&self, timeout: Duration) -> Result<ExitStatus> {
        let what = format!("{} to exit", self.name);
        poll_until(&what, timeout, || self.leashed().try_wait())
            .await
            .with_context(|| format!("the log ends with:\n{}", tail(&self.log())))
    }

    /// Whether the process has not exited.
    pub fn is_running(&self) -> bool {
        matches!(self.leashed().try_wait(), Ok(None))
    }

    fn leashed(&self) -> MutexGuard<'_, Leashed> {
        self.leashed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads a growing log line by line.
#[derive(Default)]
struct Lines {
    bytes: Vec<u8>,
    searched: usize,
}

impl Lines {
    /// Returns the first new line that is wanted. An incomplete line counts once the process has `ended`.
    fn find(&mut self, wanted: &mut impl FnMut(&str) -> bool, ended: bool) -> Option<String> {
        while let Some(line) = self.next(ended) {
            if wanted(&line) {
                return Some(line);
            }
        }
        None
    }

    fn next(&mut self, ended: bool) -> Option<String> {
        let rest = &self.bytes[self.searched..];
        let end = match rest.iter().position(|byte| *byte == b'\n') {
            Some(end) => end,
            None if ended && !rest.is_empty() => rest.len(),
            None => return None,
        };
        let line = String::from_utf8_lossy(&rest[..end]).into_owned();
        self.searched = self.bytes.len().min(self.searched + end + 1);
        Some(line)
    }
}

#[cfg(test)]
mod tests;
