//! Commands wake the workers of a running platform: polling is turned off here.

use super::{PATIENCE, switchyard};
use crate::app::{Caller, Pairing, Receiver, both};
use anyhow::{Context, Result, ensure};
use harness::Process;
use serde_json::json;
use std::path::Path;

both!(what_a_command_records_is_delivered_at_once);

/// Nobody looks by himself.
const SELDOM: [(&str, &str); 5] = [
    ("SWITCHYARD_RECONCILER_INTERVAL", "1h"),
    ("SWITCHYARD_RECONCILER_FULL_EVERY", "1h"),
    ("SWITCHYARD_WORKER_POLL", "1h"),
    ("SWITCHYARD_RETENTION_INTERVAL", "1h"),
    ("SWITCHYARD_WEBHOOKS_LINGER", "10ms"),
];
/// Webhooks may go to this machine.
const LOOPBACK: [(&str, &str); 2] =
    [("SWITCHYARD_OUTBOUND_ALLOW_HTTP", "true"), ("SWITCHYARD_OUTBOUND_ALLOWED_NETWORKS", "127.0.0.0/8")];

/// A platform of processes, and how commands reach it.
struct Platform {
    folder: tempfile::TempDir,
    environment: Vec<(String, String)>,
    address: String,
    processes: Vec<Process>,
}

impl Platform {
    async fn start(pairing: Pairing) -> Result<Self> {
        let mut environment = pairing.environment()?;
        environment
            .extend(SELDOM.iter().chain(&LOOPBACK).map(|(name, value)| ((*name).into(), (*value).into())));
        let address = format!("127.0.0.1:{}", harness::free_port());
        let mut platform = Self { folder: tempfile::tempdir()?, environment, address, processes: vec![] };
        let address = platform.address.clone();
        let commands: &[&[&str]] = match pairing {
            Pairing::Embedded => &[&["up", "--listen", &address]],
            Pairing::Scaled => &[&["serve", "--listen", &address], &["work"]],
        };
        if pairing == Pairing::Scaled {
            platform.run(&["migrate"]).await?;
        }
        for args in commands {
            let process = platform.command(args).start()?;
            let ready = |line: &str| line.contains("listening on") || line.contains("working on");
            process.wait_for_line_where("its start", PATIENCE, ready).await?;
            platform.processes.push(process);
        }
        Ok(platform)
    }

    fn command(&self, args: &[&str]) -> harness::ProcessBuilder {
        let path: &Path = self.folder.path();
        let environment = self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        switchyard(args).envs(environment).current_dir(path)
    }

    /// Runs a command beside it.
    async fn run(&self, args: &[&str]) -> Result<String> {
        let process = self.command(args).start()?;
        let status = process.wait_exit(PATIENCE).await?;
        ensure!(status.success(), "{args:?}: {}", process.log());
        Ok(process.log())
    }
}

async fn what_a_command_records_is_delivered_at_once(pairing: Pairing) -> Result<()> {
    let platform = Platform::start(pairing).await?;
    let key = platform.run(&["key", "new", "--contract", "partner", "--name", "x", "--quiet"]).await?;
    let key = key.trim().lines().last().context("a key")?.to_owned();
    let caller = Caller::new(&format!("http://{}/partner", platform.address), &key)?;
    let receiver = Receiver::start().await?;
    let events = json!({ "events": ["outage.detected", "outage.resolved", "customer.created"] });
    caller.hook(&receiver, events).await?;
    for number in 1..=3 {
        let open = [
            "outage",
            "open",
            "--title",
            "Cut",
            "--description",
            "A digger",
            "--area",
            "A",
            "--zip",
            "92025",
        ];
        platform.run(&open).await?;
        let sent = receiver.arrived(2 * number - 1).await?;
        assert_eq!(sent[2 * number - 2].header("x-swell-event"), "outage.detected");
        // And the API's own, of the same organization.
        let customer = crate::contracts::partner::customer(&format!("c{number}@example.com"));
        ensure!(caller.post("/api/v1/customers", &customer).await?.status == 201);
        let sent = receiver.arrived(2 * number).await?;
        assert_eq!(sent[2 * number - 1].header("x-swell-event"), "customer.created");
    }
    Ok(())
}
