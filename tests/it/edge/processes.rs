//! Real API processes, on either pairing.

use crate::app::{Caller, PATIENCE, Pairing};
use anyhow::{Context, Result};
use harness::Process;
use kernel::{
    Kernel,
    auth::keys::{self, NewKey},
};
use platform::{
    Clock,
    config::{Sources, load},
};

/// So many processes that serve one database, and a key for them.
pub struct Api {
    processes: Vec<Process>,
    addresses: Vec<String>,
    environment: Vec<(String, String)>,
    pairing: Pairing,
    /// The key.
    pub key: String,
    /// The handles, as a process of its own has them.
    pub kernel: Kernel,
    _folder: tempfile::TempDir,
}

impl Api {
    /// Embedded there can be only one. `variables` are settings besides.
    pub async fn start(pairing: Pairing, processes: usize, variables: &[(&str, &str)]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let own = [("SWITCHYARD_DATA", folder.path().to_str().context("a path")?)];
        let own = own.iter().chain(variables).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let environment: Vec<_> = pairing.environment()?.into_iter().chain(own).collect();
        let settings = load(Sources { environment: environment.clone(), ..Sources::default() })?.settings;
        let kernel = Kernel::open(settings, Clock::system(), &webhooks::DirectPublish).await?;
        kernel.db.migrate().await?;
        let key = keys::create(&kernel, NewKey::plain("acme", "partner", "test")).await?.secret;
        let addresses = (0..processes).map(|_| format!("127.0.0.1:{}", harness::free_port())).collect();
        let mut api =
            Self { processes: vec![], addresses, environment, pairing, key, kernel, _folder: folder };
        for place in 0..processes {
            let process = api.spawn(place).await?;
            api.processes.push(process);
        }
        Ok(api)
    }

    async fn spawn(&self, place: usize) -> Result<Process> {
        let command = if self.pairing == Pairing::Embedded { "up" } else { "serve" };
        let process = Process::builder(env!("CARGO_BIN_EXE_switchyard"))
            .args([command, "--listen", &self.addresses[place]])
            .envs(self.environment.clone())
            .start()?;
        process.wait_for_line("listening on", PATIENCE).await?;
        Ok(process)
    }

    /// Kills a process.
    pub fn kill(&self, place: usize) {
        self.processes[place].sigkill();
    }

    /// Starts a killed process again, at the same address.
    pub async fn restart(&mut self, place: usize) -> Result<()> {
        self.processes[place] = self.spawn(place).await?;
        Ok(())
    }

    /// The most memory that a process has had so far, in MiB.
    pub fn peak(&self, place: usize) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.processes[place].pid()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no peak")?;
        let kib: u64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kib >> 10)
    }

    /// Where a process listens.
    pub fn address(&self, place: usize) -> &str {
        &self.addresses[place]
    }

    /// A caller of each process.
    pub fn callers(&self) -> Result<Vec<Caller>> {
        let of = |address| Caller::new(&format!("http://{address}/partner"), &self.key);
        self.addresses.iter().map(of).collect()
    }
}
