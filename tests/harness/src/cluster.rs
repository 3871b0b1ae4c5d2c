//! A Redis Cluster of three masters; the first has a replica.

use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::redis::RedisServer;
use crate::wait::{block_until, free_port};

const PATIENCE: Duration = Duration::from_secs(30);

/// The initial slots of the masters.
const SLOTS: [(u16, u16); 3] = [(0, 5460), (5461, 10922), (10923, 16383)];

/// See the module. A node without a response for a second counts as failed.
#[derive(Debug)]
pub struct Cluster {
    /// The masters, then the replica of the first.
    nodes: Vec<RedisServer>,
    _folder: TempDir,
}

impl Cluster {
    /// Starts the nodes, and waits until all slots are served.
    pub fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let buses: Vec<_> = (0..=SLOTS.len()).map(|_| free_port()).collect();
        let nodes = buses.iter().map(|bus| node(&folder, *bus)).collect::<Result<Vec<_>>>()?;
        let cluster = Self { nodes, _folder: folder };
        cluster.form(&buses)?;
        Ok(cluster)
    }

    fn form(&self, buses: &[u16]) -> Result<()> {
        for (epoch, (node, (first, last))) in (1..).zip(self.nodes.iter().zip(SLOTS)) {
            node.ask::<()>(&["CLUSTER", "ADDSLOTSRANGE", &first.to_string(), &last.to_string()])?;
            node.ask::<()>(&["CLUSTER", "SET-CONFIG-EPOCH", &epoch.to_string()])?;
        }
        for (node, bus) in self.nodes.iter().zip(buses).skip(1) {
            let (port, bus) = (node.port().to_string(), bus.to_string());
            self.nodes[0].ask::<()>(&["CLUSTER", "MEET", "127.0.0.1", &port, &bus])?;
        }
        self.wait_until_all_see("cluster_known_nodes:4")?;
        self.nodes[3].ask::<()>(&["CLUSTER", "REPLICATE", &self.id(0)?])?;
        block_until("the replica to follow", PATIENCE, || {
            let link: String = self.nodes[3].ask(&["INFO", "replication"])?;
            Ok(link.contains("master_link_status:up").then_some(()))
        })?;
        self.wait_until_all_see("cluster_state:ok")
    }

    fn wait_until_all_see(&self, what: &str) -> Result<()> {
        block_until(&format!("all nodes to see {what}"), PATIENCE, || {
            for node in &self.nodes {
                let info: String = node.ask(&["CLUSTER", "INFO"])?;
                if !info.contains(what) {
                    return Ok(None);
                }
            }
            Ok(Some(()))
        })
    }

    /// The URL for clients, with the masters.
    pub fn url(&self) -> String {
        let hosts: Vec<_> = self.masters().iter().map(|it| format!("127.0.0.1:{}", it.port())).collect();
        format!("redis+cluster://{}", hosts.join(","))
    }

    /// The three initial masters.
    pub fn masters(&self) -> &[RedisServer] {
        &self.nodes[..SLOTS.len()]
    }

    /// The replica of the first master.
    pub fn replica(&self) -> &RedisServer {
        &self.nodes[SLOTS.len()]
    }

    /// Returns the slot of a key.
    pub fn slot(&self, key: &str) -> Result<u16> {
        self.nodes[1].ask(&["CLUSTER", "KEYSLOT", key])
    }

    /// Moves a slot with all its keys from one master to another, as `redis-cli --cluster reshard` does.
    pub fn move_slot(&self, slot: u16, from: usize, to: usize) -> Result<()> {
        let (old, new, slot) = (&self.nodes[from], &self.nodes[to], slot.to_string());
        let (old_id, new_id) = (self.id(from)?, self.id(to)?);
        new.ask::<()>(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &old_id])?;
        old.ask::<()>(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &new_id])?;
        loop {
            let keys: Vec<String> = old.ask(&["CLUSTER", "GETKEYSINSLOT", &slot, "100"])?;
            if keys.is_empty() {
                break;
            }
            for key in keys {
                let port = new.port().to_string();
                old.ask::<()>(&["MIGRATE", "127.0.0.1", &port, &key, "0", "5000", "REPLACE"])?;
            }
        }
        for node in [new, old] {
            node.ask::<()>(&["CLUSTER", "SETSLOT", &slot, "NODE", &new_id])?;
        }
        Ok(())
    }

    fn id(&self, node: usize) -> Result<String> {
        self.nodes.get(node).context("no such node")?.ask(&["CLUSTER", "MYID"])
    }
}

fn node(folder: &TempDir, bus: u16) -> Result<RedisServer> {
    let file = folder.path().join(format!("{bus}.conf")).display().to_string();
    let bus = bus.to_string();
    RedisServer::start_with(&[
        "--dir",
        &folder.path().display().to_string(),
        "--cluster-enabled",
        "yes",
        "--cluster-config-file",
        &file,
        "--cluster-port",
        &bus,
        "--cluster-node-timeout",
        "1000",
        "--cluster-replica-validity-factor",
        "0",
        "--repl-diskless-sync-delay",
        "0",
    ])
}
