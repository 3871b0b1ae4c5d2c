//! A PostgreSQL server for tests.

mod processes;

use std::fs::Permissions;
use std::iter;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::Signal;
use nix::unistd::{Gid, Pid, Uid};

use self::processes::{children, kill_children, stat};
use crate::certificates::Authority;
use crate::programs;
use crate::wait::{block_until, free_port, tail};
use crate::watchdog::{Leashed, Scratch, clean_environment};

/// Long enough for crash recovery on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// A PostgreSQL server with its own, empty data folder and the superuser `postgres`.
///
/// It is as durable as in production (`fsync` is on), so that a test may kill it and check what is left. The methods
/// take `&self`: tests share a server, and may kill it while others use it.
#[derive(Debug)]
pub struct Postgres {
    port: u16,
    bin: PathBuf,
    settings: Vec<(String, String)>,
    user: Option<(Uid, Gid)>,
    databases: AtomicU32,
    /// `None` while it is stopped.
    server: Mutex<Option<Leashed>>,
    folder: Scratch,
}

impl Postgres {
    /// Starts a server and waits until it accepts connections.
    pub fn start() -> Result<Self> {
        Self::start_with(&[])
    }

    /// [`Postgres::start`] with settings of `postgresql.conf`, such as `&[("fsync", "off")]`.
    pub fn start_with(settings: &[(&str, &str)]) -> Result<Self> {
        let postgres = Self::new(settings)?;
        postgres.start_again()?;
        Ok(postgres)
    }

    /// Starts a server with TLS and a certificate of this authority, for `localhost` and not for an address. The user
    /// `mutual` needs a client certificate with that name.
    pub fn start_with_tls(authority: &Authority) -> Result<Self> {
        let postgres = Self::new(&[("ssl", "on"), ("ssl_ca_file", "root.crt")])?;
        let own = authority.server_named("localhost")?;
        let files =
            [("root.crt", authority.file()), ("server.crt", own.certificate), ("server.key", own.key)];
        for (name, file) in files {
            postgres.write(name, &std::fs::read(file)?)?;
        }
        let rules = "hostssl all mutual 127.0.0.1/32 trust clientcert=verify-full\n\
                     host all mutual 127.0.0.1/32 reject\n\
                     host all all 127.0.0.1/32 trust\n";
        postgres.write("pg_hba.conf", rules.as_bytes())?;
        postgres.start_again()?;
        postgres.sql("postgres", "create role mutual superuser login")?;
        Ok(postgres)
    }

    /// Writes a file of the data folder that only the server's user may read.
    fn write(&self, name: &str, content: &[u8]) -> Result<()> {
        let path = self.data().join(name);
        std::fs::write(&path, content)?;
        std::fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        let (uid, gid) = self.user.unzip();
        Ok(chown(&path, uid.map(Uid::as_raw), gid.map(Gid::as_raw))?)
    }

    /// Creates the data folder; does not start the server.
    fn new(settings: &[(&str, &str)]) -> Result<Self> {
        let user = programs::unprivileged_user()?;
        let postgres = Self {
            port: free_port(),
            bin: programs::postgres_folder()?,
            settings: settings.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            user,
            databases: AtomicU32::new(0),
            server: Mutex::new(None),
            folder: Scratch::new("switchyard-postgres-", user)?,
        };
        postgres.initdb()?;
        Ok(postgres)
    }

    /// The URL of a database of this server, such as `postgres`, which always exists.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// The port, which does not change on restart.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Creates an empty database for one test, and returns its URL.
    pub fn create_database(&self) -> Result<String> {
        // template0 has no connections; copying template1 fails while it has any.
        self.copy_database("template0")
    }

    /// Creates a database for one test, as a copy of one without connections, and returns its URL.
    pub fn copy_database(&self, template: &str) -> Result<String> {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name} TEMPLATE {template}"))?;
        Ok(self.url(&name))
    }

    /// Runs statements in a database; returns one line per row, with columns separated by `|`.
    pub fn sql(&self, database: &str, statements: &str) -> Result<String> {
        let mut psql = Command::new(self.bin.join("psql"));
        clean_environment(&mut psql);
        psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"])
            .args(["--set", "ON_ERROR_STOP=1", "--dbname", &self.url(database)])
            .args(["--command", statements]);
        output(&mut psql)
    }

    /// Sends SIGKILL to the server and all its children: unwritten data is lost.
    pub fn kill(&self) -> Result<()> {
        let Some(mut server) = self.server().take() else {
            return Ok(());
        };
        if server.signal(Signal::SIGSTOP).is_ok() {
            let stopped = || stat(server.pid()).is_none_or(|(state, _)| state == "T" || state == "Z");
            block_until("postgres to halt", PATIENCE, || Ok(stopped().then_some(())))?;
            kill_children(server.pid())?;
        }
        server.kill();
        Ok(())
    }

    /// Fast shutdown: open transactions are rolled back, connections are closed, no data is lost.
    pub fn stop(&self) -> Result<()> {
        let Some(mut server) = self.server().take() else {
            return Ok(());
        };
        server.signal(Signal::SIGINT)?;
        let status = server.wait(PATIENCE)?;
        ensure!(status.success(), "postgres stopped with {status}:\n{}", tail(&server.log()));
        Ok(())
    }

    /// Starts the stopped or killed server on the same port and data, with recovery if needed.
    pub fn start_again(&self) -> Result<()> {
        let mut slot = self.server();
        ensure!(slot.is_none(), "postgres runs already; stop or kill it first");
        // Immediate shutdown, because the children are in sessions of their own.
        let mut server =
            Leashed::start_with_farewell(Signal::SIGQUIT, &self.bin.join("postgres"), |command| {
                self.as_server_user(command);
                self.add_settings(command);
            })?;
        block_until("postgres to accept connections", PATIENCE, || {
            if let Some(status) = server.try_wait()? {
                bail!("postgres exited with {status}:\n{}", tail(&server.log()));
            }
            Ok(self.is_ready(server.pid()).then_some(()))
        })?;
        *slot = Some(server);
        Ok(())
    }

    /// [`Postgres::stop`], then [`Postgres::start_again`].
    pub fn restart(&self) -> Result<()> {
        self.stop()?;
        self.start_again()
    }

    /// The ids of the server's processes, the parent first; empty while it is stopped.
    pub fn pids(&self) -> Result<Vec<u32>> {
        let Some(server) = self.server().as_ref().map(Leashed::pid) else {
            return Ok(vec![]);
        };
        let all = iter::once(server).chain(children(server)?);
        Ok(all.map(|pid| pid.as_raw().cast_unsigned()).collect())
    }

    /// The server's log since the last start.
    pub fn log(&self) -> String {
        self.server().as_ref().map(Leashed::log).unwrap_or_default()
    }

    fn server(&self) -> MutexGuard<'_, Option<Leashed>> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn initdb(&self) -> Result<()> {
        let mut initdb = Command::new(self.bin.join("initdb"));
        clean_environment(&mut initdb);
        self.as_server_user(&mut initdb);
        // The files of initdb need not survive a power failure of the host.
        initdb
            .args(["--no-sync", "--auth=trust", "--username=postgres"])
            .args(["--locale=C.UTF-8", "--encoding=UTF8", "--pgdata"])
            .arg(self.data());
        output(&mut initdb).map(drop)
    }

    /// Not as root, and not in the folder of the tests, which the other user may be unable to enter.
    fn as_server_user(&self, command: &mut Command) {
        command.current_dir(self.folder.path());
        if let Some((uid, gid)) = self.user {
            command.uid(uid.as_raw()).gid(gid.as_raw());
        }
    }

    fn add_settings(&self, command: &mut Command) {
        let mut set = |name: &str, value: &str| {
            command.arg("-c").arg(format!("{name}={value}"));
        };
        set("port", &self.port.to_string());
        set("listen_addresses", "127.0.0.1");
        set("unix_socket_directories", &self.folder.path().to_string_lossy());
        set("max_connections", "300");
        set("shared_buffers", "256MB");
        for (name, value) in &self.settings {
            set(name, value);
        }
        command.arg("-D").arg(self.data());
    }

    /// Reads the status from the server's lock file, as `pg_ctl` does. A connection attempt could reach another server
    /// on the port.
    fn is_ready(&self, server: Pid) -> bool {
        let lock = std::fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
        let mut lines = lock.lines();
        lines.next() == Some(&server.to_string())
            && lines.nth(6).is_some_and(|status| status.trim() == "ready")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Drop cannot report an error, and the rest of the server dies with this process.
        let _ = self.kill();
    }
}

/// Runs a tool to its end and returns its output.
fn output(command: &mut Command) -> Result<String> {
    let program = Path::new(command.get_program()).display().to_string();
    let output = command.output().with_context(|| format!("cannot run {program}"))?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{program}: {}: {}", output.status, complaint.trim());
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

#[cfg(test)]
mod tests;
