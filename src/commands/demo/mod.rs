//! `demo`: a complete import with webhooks, which leaves nothing behind.

mod deliveries;
mod script;

use crate::{client::Client, invoice_pdf, logging, output, platform, settings::Global, shutdown};
use ::platform::config::{Loaded, Sources};
use anyhow::Context;
use kernel::{
    Kernel,
    auth::keys::{self, NewKey},
    contracts::partner,
};
use script::script;
use std::{path::Path, process::ExitCode};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Start a platform, import 100 customers over HTTP, receive their webhooks, show what happened and clean up
///
/// Runs on a free port with a temporary folder. Uses neither your settings nor any server.
#[derive(clap::Args)]
pub struct Args {}

/// Runs the demo.
pub async fn run(Args {}: Args, _: Global) -> anyhow::Result<ExitCode> {
    // First, so that Ctrl-C leaves nothing behind.
    let shutdown = shutdown::on_signal_tidily()?;
    let folder = tempfile::Builder::new().prefix("switchyard-demo-").tempdir()?;
    let loaded = settings(folder.path())?;
    logging::start(&loaded)?;
    let listener = platform::bind(&loaded.settings).await?;
    let kernel = platform::prepare(loaded.settings).await?;
    let report = run_with_platform(&kernel, listener, &folder, shutdown).await;
    let closed = close(kernel, folder).await;
    let Some(report) = report? else { return Ok(ExitCode::from(130)) };
    closed?;
    output::print(&report)?;
    Ok(ExitCode::SUCCESS)
}

/// The default settings with this data folder; file and environment are ignored, so that they cannot point to a real
/// database.
fn settings(folder: &Path) -> anyhow::Result<Loaded> {
    let given = [
        ("data", folder.display().to_string()),
        ("http.listen", "127.0.0.1:0".into()),
        ("log.level", "warn".into()),
        // The receiver is in this process.
        ("outbound.allow_http", "true".into()),
        ("outbound.allowed_networks", "127.0.0.0/8".into()),
    ];
    let overrides = given.map(|(path, value)| (path, value, "demo")).into();
    Ok(::platform::config::load(Sources { overrides, ..Default::default() })?)
}

/// `None` if interrupted.
async fn run_with_platform(
    kernel: &Kernel,
    listener: TcpListener,
    folder: &TempDir,
    shutdown: CancellationToken,
) -> anyhow::Result<Option<String>> {
    let address = listener.local_addr()?;
    let key = keys::create(kernel, NewKey::plain("demo", partner::CONTRACT.name, "demo")).await?.secret;
    let client = Client::new(&format!("http://{address}/partner"), key)?;
    let renderer = invoice_pdf::renderer(&kernel.settings)?;
    let platform = platform::run(kernel.clone(), renderer, listener, shutdown.clone());
    let script = async {
        let script = shutdown.run_until_cancelled(script(&client, folder.path())).await;
        shutdown.cancel();
        script.transpose()
    };
    let (ran, report) = tokio::join!(platform, script);
    ran?;
    report
}

/// Closes the database, so that the folder can be removed.
async fn close(kernel: Kernel, folder: TempDir) -> anyhow::Result<()> {
    kernel.db.reader().close_by_ref().await?;
    kernel.db.writer().close_by_ref().await?;
    drop(kernel);
    folder.close().context("cannot remove the temporary folder")
}
