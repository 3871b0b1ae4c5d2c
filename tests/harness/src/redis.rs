//! A Redis server for tests.

use nix::sys::signal::Signal;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use redis::{Client, Cmd, FromRedisValue};

use crate::certificates::Authority;
use crate::programs;
use crate::wait::{block_until, free_port, tail};
use crate::watchdog::Leashed;

const PATIENCE: Duration = Duration::from_secs(30);

/// A Redis server without persistence: killing it loses everything, on purpose.
#[derive(Debug)]
pub struct RedisServer {
    port: u16,
    tls_port: u16,
    program: PathBuf,
    options: Vec<String>,
    server: Mutex<Option<Leashed>>,
}

impl RedisServer {
    /// Starts a server and waits until it responds.
    pub fn start() -> Result<Self> {
        Self::start_with(&[])
    }

    /// [`RedisServer::start`] with options, such as `&["--maxmemory", "64mb"]`.
    pub fn start_with(options: &[&str]) -> Result<Self> {
        Self::start_at(0, options.iter().map(ToString::to_string).collect())
    }

    /// [`RedisServer::start_with`], with a second port for TLS and a certificate of this authority. `clients` is `yes`,
    /// `no` or `optional`: whether clients need a certificate, too.
    pub fn start_with_tls(authority: &Authority, clients: &str, options: &[&str]) -> Result<Self> {
        let tls_port = free_port();
        let mut all = tls_options(authority, clients, tls_port)?;
        all.extend(options.iter().map(ToString::to_string));
        Self::start_at(tls_port, all)
    }

    fn start_at(tls_port: u16, options: Vec<String>) -> Result<Self> {
        let program = programs::find("redis-server")?;
        let redis = Self { port: free_port(), tls_port, program, options, server: Mutex::new(None) };
        redis.start_again()?;
        Ok(redis)
    }

    /// The URL for clients.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// The URL for clients with TLS, if the server was started with TLS.
    pub fn tls_url(&self) -> String {
        format!("rediss://127.0.0.1:{}/", self.tls_port)
    }

    /// The TLS port; 0 without TLS.
    pub fn tls_port(&self) -> u16 {
        self.tls_port
    }

    /// Sends a command and returns the response.
    pub fn ask<T: FromRedisValue>(&self, words: &[&str]) -> Result<T> {
        let mut command = Cmd::new();
        for word in words {
            command.arg(word);
        }
        self.run(&command)
    }

    /// The port, which does not change on restart.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Sends SIGKILL: connections break, and all data is lost.
    pub fn kill(&self) {
        // Dropped, which kills it.
        drop(self.server().take());
    }

    /// Starts the killed server on the same port, empty.
    pub fn start_again(&self) -> Result<()> {
        let mut slot = self.server();
        ensure!(slot.is_none(), "redis-server runs already; kill it first");
        let mut server = Leashed::start(&self.program, |command| {
            command
                .args(["--port", &self.port.to_string(), "--bind", "127.0.0.1"])
                .args(["--save", "", "--appendonly", "no", "--dir"])
                .arg(std::env::temp_dir())
                .args(&self.options);
        })?;
        let pid = format!("process_id:{}", server.pid());
        block_until("redis-server to answer", PATIENCE, || {
            if let Some(status) = server.try_wait()? {
                bail!("redis-server exited with {status}:\n{}", tail(&server.log()));
            }
            // The process id distinguishes it from another server on the same port.
            let info = self.run::<String>(redis::cmd("INFO").arg("server")).unwrap_or_default();
            Ok(info.lines().any(|line| line == pid).then_some(()))
        })?;
        *slot = Some(server);
        Ok(())
    }

    /// Sends SIGSTOP: connections stay open, and commands get no response.
    pub fn pause(&self) -> Result<()> {
        self.signal(Signal::SIGSTOP)
    }

    /// Continues the server after [`RedisServer::pause`].
    pub fn resume(&self) -> Result<()> {
        self.signal(Signal::SIGCONT)
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        self.server().as_mut().context("redis-server does not run")?.signal(signal)
    }

    /// Deletes all keys of all databases; connections stay open.
    pub fn flush_all(&self) -> Result<()> {
        self.run(&redis::cmd("FLUSHALL"))
    }

    /// The allocated memory, in bytes (`used_memory`).
    pub fn info_memory(&self) -> Result<u64> {
        let info: String = self.run(redis::cmd("INFO").arg("memory"))?;
        let used = info.lines().find_map(|line| line.strip_prefix("used_memory:"));
        Ok(used.context("INFO has no used_memory")?.parse()?)
    }

    /// Number of calls of a command.
    pub fn calls(&self, command: &str) -> Result<u64> {
        let info: String = self.run(redis::cmd("INFO").arg("commandstats"))?;
        let found = info.lines().find_map(|line| line.strip_prefix(&format!("cmdstat_{command}:calls=")));
        let calls = found.and_then(|rest| rest.split(',').next());
        Ok(calls.map_or(Ok(0), str::parse)?)
    }

    /// The size of a key and its value, in bytes; 0 if it does not exist.
    pub fn memory_of(&self, key: &str) -> Result<u64> {
        let usage: Option<u64> =
            self.run(redis::cmd("MEMORY").arg("USAGE").arg(key).arg("SAMPLES").arg(0))?;
        Ok(usage.unwrap_or_default())
    }

    /// The process id; `None` while the server is not running.
    pub fn pid(&self) -> Option<u32> {
        self.server().as_ref().map(|server| server.pid().as_raw().cast_unsigned())
    }

    /// The server's log since the last start.
    pub fn log(&self) -> String {
        self.server().as_ref().map(Leashed::log).unwrap_or_default()
    }

    fn server(&self) -> MutexGuard<'_, Option<Leashed>> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run<T: FromRedisValue>(&self, command: &Cmd) -> Result<T> {
        let client = Client::open(self.url())?;
        let mut connection = client.get_connection_with_timeout(Duration::from_secs(5))?;
        connection.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(command.query(&mut connection)?)
    }
}

/// The TLS options of a server or sentinel.
pub(crate) fn tls_options(authority: &Authority, clients: &str, port: u16) -> Result<Vec<String>> {
    let own = authority.server()?;
    let file = |path: PathBuf| path.display().to_string();
    let options = [
        ("--tls-port", port.to_string()),
        ("--tls-cert-file", file(own.certificate)),
        ("--tls-key-file", file(own.key)),
        ("--tls-ca-cert-file", file(authority.file())),
        ("--tls-auth-clients", clients.to_owned()),
    ];
    Ok(options.into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_killed_server_starts_again_empty_on_the_same_port() {
        let redis = RedisServer::start().expect("starts");
        let url = redis.url();
        redis.run::<()>(redis::cmd("SET").arg("key").arg("value")).expect("set");
        redis.kill();
        assert!(redis.run::<()>(&redis::cmd("PING")).is_err(), "killed, but answers");
        redis.start_again().expect("starts again");
        assert_eq!(redis.url(), url);
        assert_eq!(redis.run::<u64>(&redis::cmd("DBSIZE")).expect("size"), 0);
    }

    #[test]
    fn flushing_gives_the_memory_back() {
        let redis = RedisServer::start_with(&["--maxmemory-policy", "noeviction"]).expect("starts");
        let value = vec![0_u8; 4 << 20];
        let set = || redis.run::<()>(redis::cmd("SET").arg("key").arg(&value)).expect("set");
        // The first value also allocates memory that the server keeps for later ones.
        set();
        redis.flush_all().expect("flush");
        let before = redis.info_memory().expect("memory");
        set();
        let full = redis.info_memory().expect("memory");
        assert!(full > before + (4 << 20), "{before} {full}");
        redis.flush_all().expect("flush");
        let after = redis.info_memory().expect("memory");
        assert!(after < before + (1 << 20), "{before} {after}");
    }

    #[test]
    fn an_option_that_redis_refuses_is_told() {
        let error = RedisServer::start_with(&["--no-such-option", "1"]).expect_err("refused");
        assert!(format!("{error:#}").contains("no-such-option"), "{error:#}");
    }
}
