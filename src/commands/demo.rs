//! `demo`: the whole path once, with nothing left behind.

use super::import::{Ended, Job, Watch};
use crate::{
    bar::duration,
    client::{self, Client},
    logging, output, people, platform,
    settings::Global,
    shutdown,
};
use anyhow::{Context, ensure};
use kernel::{
    Kernel,
    auth::keys::{self, NewKey},
    config::{Loaded, Sources},
};
use reqwest::Method;
use serde_json::{Value, json};
use std::{
    path::Path,
    process::ExitCode,
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

const CUSTOMERS: usize = 100;

/// Start a platform, import 100 customers over HTTP, show what happened, leave nothing behind
///
/// Runs on a free port with a temporary folder. Uses none of your settings, and no server.
#[derive(clap::Args)]
pub struct Args {}

/// Shows it.
pub async fn run(Args {}: Args, _: Global) -> anyhow::Result<ExitCode> {
    // First of all: from here on, ctrl-c leaves nothing behind.
    let shutdown = shutdown::on_signal_tidily()?;
    let folder = tempfile::Builder::new().prefix("switchyard-demo-").tempdir()?;
    let loaded = settings(folder.path())?;
    logging::start(&loaded)?;
    let listener = platform::bind(&loaded.settings).await?;
    let kernel = platform::prepare(loaded.settings).await?;
    let told = tell_beside_platform(&kernel, listener, &folder, shutdown).await;
    let closed = close(kernel, folder).await;
    let Some(told) = told? else { return Ok(ExitCode::from(130)) };
    closed?;
    output::print(&told)?;
    Ok(ExitCode::SUCCESS)
}

/// The defaults, in the folder: neither a file nor the environment can lead to a real database.
fn settings(folder: &Path) -> anyhow::Result<Loaded> {
    let given = [
        ("data", folder.display().to_string()),
        ("http.listen", "127.0.0.1:0".into()),
        ("log.level", "warn".into()),
    ];
    let overrides = given.map(|(path, value)| (path, value, "demo")).into();
    Ok(kernel::config::load(Sources { overrides, ..Default::default() })?)
}

/// None when it was interrupted.
async fn tell_beside_platform(
    kernel: &Kernel,
    listener: TcpListener,
    folder: &TempDir,
    shutdown: CancellationToken,
) -> anyhow::Result<Option<String>> {
    let address = listener.local_addr()?;
    let key = keys::create(kernel, NewKey::plain("demo", "partner", "demo")).await?.secret;
    let client = Client::new(&format!("http://{address}/partner"), key)?;
    let platform = platform::run(kernel.clone(), listener, shutdown.clone());
    let story = async {
        let story = shutdown.run_until_cancelled(story(&client, folder.path())).await;
        shutdown.cancel();
        story.transpose()
    };
    let (ran, told) = tokio::join!(platform, story);
    ran?;
    told
}

/// Ends the connections to the database, so that the folder can go.
async fn close(kernel: Kernel, folder: TempDir) -> anyhow::Result<()> {
    kernel.db.reader().close_by_ref().await?;
    kernel.db.writer().close_by_ref().await?;
    drop(kernel);
    folder.close().context("cannot remove the temporary folder")
}

/// Imports the customers, and tells it.
async fn story(client: &Client, folder: &Path) -> anyhow::Result<String> {
    let begun = Instant::now();
    let (job, answered) = (request(client).await?, begun.elapsed());
    let Ended { job, answer, polls } = job.watch(client, "importing", Watch::QUICK).await?;
    let time = begun.elapsed();
    let pretty = serde_json::to_string_pretty(&answer)?;
    ensure!(job.all_in(), "not all customers went in:\n{pretty}");
    let found = customers_found(client).await?;
    ensure!(found == CUSTOMERS as u64, "{found} customers are found instead of {CUSTOMERS}");
    Ok(account(client, folder, &job.id, answered, polls, time) + &pretty)
}

/// The request that the story is about.
async fn request(client: &Client) -> anyhow::Result<Job> {
    let body = json!({ "customers": people::customers(CUSTOMERS) });
    let attempt = async || Job::ask(client.request(Method::POST, "/api/v1/bulk/customers").json(&body)).await;
    Ok(client::persist(attempt, client::never_sent).await?.0)
}

async fn customers_found(client: &Client) -> anyhow::Result<u64> {
    let page: Value = client::answer(client.get("/api/v1/customers?limit=1")).await?.json().await?;
    page["pagination"]["total"].as_u64().context("the list of customers has no total")
}

fn account(
    client: &Client,
    folder: &Path,
    id: &str,
    answered: Duration,
    polls: u32,
    time: Duration,
) -> String {
    let url = client.url("");
    let folder = folder.display();
    let (answered, time) = (duration(answered), duration(time));
    format!(
        "Started   api, worker and reconciler in this process, at {url}
          SQLite in {folder}, removed by now
Request   POST /partner/api/v1/bulk/customers with {CUSTOMERS} customers: 202 after {answered}, {id}
Polls     GET /partner/api/v1/bulk/jobs/{id}, {polls} times
Outcome   all {CUSTOMERS} customers are in, {time} after the request began

The last poll said:

"
    )
}
