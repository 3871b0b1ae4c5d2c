//! A Redis master, its replica, and three sentinels that monitor them.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use crate::certificates::Authority;
use crate::programs;
use crate::redis::{RedisServer, tls_options};
use crate::wait::{block_until, free_port, tail};
use crate::watchdog::Leashed;

const PATIENCE: Duration = Duration::from_secs(30);

/// Number of sentinels; two of them can promote the replica.
const SENTINELS: usize = 3;

/// See the module. All use TLS. A master without a response for half a second counts as failed. The sentinels require
/// [`Sentinels::PASSWORD`], the servers no password.
#[derive(Debug)]
pub struct Sentinels {
    servers: [RedisServer; 2],
    watchers: Vec<Sentinel>,
    _folder: TempDir,
}

#[derive(Debug)]
struct Sentinel {
    port: u16,
    tls_port: u16,
    process: Leashed,
}

impl Sentinels {
    /// The password of the sentinels.
    pub const PASSWORD: &'static str = "of-the-sentinels";

    /// Starts the servers and sentinels, and waits until the sentinels know each other and the replica.
    pub fn start(authority: &Authority) -> Result<Self> {
        let at_once = ["--tls-replication", "yes", "--repl-diskless-sync-delay", "0"];
        let master = RedisServer::start_with_tls(authority, "yes", &at_once)?;
        let port = master.tls_port().to_string();
        let of_master = [&at_once[..], &["--replicaof", "127.0.0.1", &port]].concat();
        let replica = RedisServer::start_with_tls(authority, "yes", &of_master)?;
        // Sentinels discover replicas at the start, and then only every ten seconds.
        block_until("the replica to follow", PATIENCE, || {
            let link: String = replica.ask(&["INFO", "replication"])?;
            Ok(link.contains("master_link_status:up").then_some(()))
        })?;
        let folder = tempfile::tempdir()?;
        let watch = |_| Sentinel::start(authority, &folder, &port);
        let watchers = (0..SENTINELS).map(watch).collect::<Result<Vec<_>>>()?;
        let all = Self { servers: [master, replica], watchers, _folder: folder };
        block_until("the sentinels to know each other", PATIENCE, || all.are_ready())?;
        Ok(all)
    }

    /// The URL for clients.
    pub fn url(&self) -> String {
        let hosts: Vec<_> = self.watchers.iter().map(|it| format!("127.0.0.1:{}", it.tls_port)).collect();
        format!("rediss+sentinel://{}/mymaster", hosts.join(","))
    }

    /// The initial master.
    pub fn first_master(&self) -> &RedisServer {
        &self.servers[0]
    }

    /// The replica.
    pub fn replica(&self) -> &RedisServer {
        &self.servers[1]
    }

    /// Kills the first sentinel of the URL.
    pub fn kill_first_sentinel(&mut self) {
        if let Some(first) = self.watchers.first_mut() {
            first.process.kill();
        }
    }

    fn are_ready(&self) -> Result<Option<()>> {
        let mut ready = true;
        for sentinel in &self.watchers {
            let log = sentinel.process.log();
            let port = sentinel.port;
            ready &= sentinel.look().with_context(|| format!("sentinel {port}:\n{}", tail(&log)))?;
        }
        Ok(ready.then_some(()))
    }
}

impl Sentinel {
    fn start(authority: &Authority, folder: &TempDir, master: &str) -> Result<Self> {
        let (port, tls_port) = (free_port(), free_port());
        let config = folder.path().join(format!("{port}.conf"));
        // Sentinels write their state to this file.
        let text = format!(
            "sentinel monitor mymaster 127.0.0.1 {master} 2\n\
             sentinel down-after-milliseconds mymaster 500\n\
             sentinel failover-timeout mymaster 3000\n\
             sentinel sentinel-pass {password}\n\
             requirepass {password}\n",
            password = Self::password(),
        );
        std::fs::write(&config, text)?;
        let options = tls_options(authority, "yes", tls_port)?;
        let mut process = Leashed::start(&programs::find("redis-server")?, |command| {
            command.arg(&config).arg("--sentinel").current_dir(folder.path());
            command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--tls-replication", "yes"]);
            command.args(options);
        })?;
        block_until("a sentinel to answer", PATIENCE, || {
            if let Some(status) = process.try_wait()? {
                bail!("redis-server --sentinel exited with {status}:\n{}", tail(&process.log()));
            }
            Ok(ask(port).is_ok().then_some(()))
        })?;
        Ok(Self { port, tls_port, process })
    }

    const fn password() -> &'static str {
        Sentinels::PASSWORD
    }

    /// Whether the sentinel knows the replica and the other sentinels.
    fn look(&self) -> Result<bool> {
        let known = ask(self.port)?;
        let line = known.lines().find(|line| line.starts_with("master0:")).context("no master")?;
        ensure!(line.contains("name=mymaster"), "{line}");
        Ok(line.contains("status=ok,") && line.contains("slaves=1,sentinels=3"))
    }
}

fn ask(port: u16) -> Result<String> {
    let client = redis::Client::open(format!("redis://:{}@127.0.0.1:{port}/", Sentinels::PASSWORD))?;
    let mut connection = client.get_connection_with_timeout(Duration::from_secs(5))?;
    Ok(redis::cmd("INFO").arg("sentinel").query(&mut connection)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_replica_takes_over() {
        let mut sentinels = Sentinels::start(&Authority::new().expect("an authority")).expect("start");
        sentinels.kill_first_sentinel();
        sentinels.first_master().kill();
        // Sentinels close the connections of the server that they promote, so an error means "not yet".
        let is_master = || {
            let role: Result<String> = sentinels.replica().ask(&["INFO", "replication"]);
            Ok(role.is_ok_and(|role| role.contains("role:master")).then_some(()))
        };
        block_until("the replica to take over", PATIENCE, is_master).expect("takes over");
    }
}
