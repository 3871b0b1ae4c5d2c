//! Real processes, because metrics belong to a process, and many tests share this one.

use super::Exposition;
use crate::app::{PATIENCE, Pairing};
use anyhow::{Context, Result, ensure};
use harness::{Process, until};
use kernel::{
    Kernel,
    auth::keys::{self, NewKey},
};
use platform::Clock;
use reqwest::Response;
use serde_json::{Value, json};
use std::time::Duration;

/// A database and a key prefix, for any number of processes.
pub struct Ground {
    /// Handles in this process.
    pub kernel: Kernel,
    /// A key for the partner contract.
    pub key: String,
    environment: Vec<(String, String)>,
    _folder: tempfile::TempDir,
}

impl Ground {
    /// On the servers that tests share.
    pub async fn new() -> Result<Self> {
        Self::with(Pairing::Scaled.environment()?).await
    }

    /// On the servers of these variables.
    pub async fn with(mut environment: Vec<(String, String)>) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        environment.push(("SWITCHYARD_DATA".into(), folder.path().display().to_string()));
        let sources = platform::config::Sources {
            environment: environment.clone(),
            ..platform::config::Sources::default()
        };
        let kernel = Kernel::open(
            platform::config::load(sources)?.settings,
            Clock::system(),
            &webhooks::DirectPublish,
        )
        .await?;
        kernel.db.migrate().await?;
        let key = keys::create(&kernel, NewKey::plain("acme", "partner", "test")).await?.secret;
        // Only tests of the limits are to meet them, and faults are to be noticed in test time.
        let more = [
            ("SWITCHYARD_PLANS_PARTNER_STARTER_MINUTE", "100000"),
            ("SWITCHYARD_WORKER_LEASE", "2s"),
            ("SWITCHYARD_RECONCILER_INTERVAL", "200ms"),
            ("SWITCHYARD_RECONCILER_GRACE", "500ms"),
        ];
        environment.extend(more.map(|(name, value)| (name.to_owned(), value.to_owned())));
        Ok(Self { kernel, key, environment, _folder: folder })
    }

    /// A process of `up`, `serve` or `work`, with further variables; ready when this returns.
    pub async fn start(&self, command: &str, more: &[(&str, &str)]) -> Result<Running> {
        self.start_at(command, "127.0.0.1", more).await
    }

    /// The same; its API listens at an address of this machine, or at all.
    pub async fn start_at(&self, command: &str, host: &str, more: &[(&str, &str)]) -> Result<Running> {
        let (api, metrics) = (address(), address());
        let works_only = command == "work";
        let listen = api.replace("127.0.0.1", host);
        let args = if works_only { vec![command] } else { vec![command, "--listen", &listen] };
        let process = Process::builder(env!("CARGO_BIN_EXE_switchyard"))
            .args(args)
            .envs(self.environment.clone())
            .envs(works_only.then_some(("SWITCHYARD_METRICS_LISTEN", &metrics)))
            .envs(more.to_vec())
            .start()?;
        process.wait_for_line(if works_only { "working on" } else { "listening on" }, PATIENCE).await?;
        let address = if works_only { metrics } else { api };
        Ok(Running { process, address, key: self.key.clone(), client: reqwest::Client::new() })
    }
}

/// An address that nobody listens at.
pub fn address() -> String {
    format!("127.0.0.1:{}", harness::free_port())
}

/// A process, and somebody who calls it.
pub struct Running {
    pub process: Process,
    /// Where it listens: the API, or for a worker its metrics.
    pub address: String,
    key: String,
    client: reqwest::Client,
}

impl Running {
    /// A request to a path, with the key.
    pub fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        self.client.request(method, format!("http://{}{path}", self.address)).header("x-api-key", &self.key)
    }

    /// Its metrics.
    pub async fn scrape(&self) -> Result<Exposition> {
        scrape(&self.address).await
    }

    /// Its metrics, once `is` holds of them.
    pub async fn scrape_when(&self, what: &str, is: impl Fn(&Exposition) -> bool) -> Result<Exposition> {
        until(what, PATIENCE, async || Ok(Some(self.scrape().await?).filter(|found| is(found)))).await
    }

    /// Begins an import of some customers; its id.
    pub async fn import(&self, customers: usize, header: (&str, &str)) -> Result<String> {
        let customers: Vec<_> = (0..customers).map(customer).collect();
        let request = self.request("POST", "/partner/api/v1/bulk/customers").header(header.0, header.1);
        id_of(request.json(&json!({ "customers": customers })).send().await?).await
    }

    /// Begins an import of a file.
    pub async fn import_file(&self, rows: usize, query: &str) -> Result<String> {
        let path = format!("/partner/api/v1/bulk/customers/file?{query}");
        let request = self.request("POST", &path).header("content-type", "text/csv");
        id_of(request.body(crate::app::csv(rows)).send().await?).await
    }

    /// Waits until an import has ended.
    pub async fn ended(&self, import: &str) -> Result<()> {
        until("the import has ended", PATIENCE, async || {
            let poll = self.request("GET", &format!("/partner/api/v1/bulk/jobs/{import}"));
            let job: Value = poll.send().await?.json().await?;
            Ok((!job["data"]["completedAt"].is_null()).then_some(()))
        })
        .await
    }

    /// Asks it to end, and returns how long that took.
    pub async fn stop(&self) -> Result<Duration> {
        let began = std::time::Instant::now();
        self.process.sigterm()?;
        let status = self.process.wait_exit(PATIENCE).await?;
        ensure!(status.success(), "{status}: {}", self.process.log());
        Ok(began.elapsed())
    }
}

/// The metrics at an address.
pub async fn scrape(address: &str) -> Result<Exposition> {
    let answer = reqwest::get(format!("http://{address}/metrics")).await?.error_for_status()?;
    let kind = answer.headers()["content-type"].to_str()?.to_owned();
    ensure!(kind == "text/plain; version=0.0.4; charset=utf-8", "{kind}");
    Exposition::parse(&answer.text().await?)
}

async fn id_of(answer: Response) -> Result<String> {
    let (status, text) = (answer.status(), answer.text().await?);
    ensure!(status == 202, "{status}: {text}");
    let job: Value = serde_json::from_str(&text)?;
    Ok(job["data"]["id"].as_str().context("no id")?.to_owned())
}

fn customer(number: usize) -> Value {
    json!({
        "email": format!("watched{number}@example.com"), "firstName": "Jane", "lastName": "Roe",
        "serviceAddress": { "street1": "1 Main Street", "city": "Escondido", "state": "CA", "zip": "92025" },
    })
}
