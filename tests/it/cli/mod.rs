//! The commands.

mod beside;
mod files;
mod first_run;
mod jobs;
mod keys;
mod settings;
mod vault;

use anyhow::{Context, Result, ensure};
use harness::Process;
use std::{path::Path, time::Duration};

const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) fn switchyard(args: &[&str]) -> harness::ProcessBuilder {
    // Tests look more often than people do.
    let often = ("SWITCHYARD_PLANS_PARTNER_STARTER_MINUTE", "100000");
    // Those that are about something else begin with nothing.
    let empty = ("SWITCHYARD_SANDBOX_SEED", "false");
    Process::builder(env!("CARGO_BIN_EXE_switchyard")).args(args).envs(vec![often, empty])
}

/// Runs a command to its end in the folder; its exit code and all that it printed.
pub(crate) async fn run(folder: &Path, args: &[&str]) -> Result<(i32, String)> {
    let process = switchyard(args).current_dir(folder).start()?;
    let status = process.wait_exit(PATIENCE).await?;
    Ok((status.code().context("killed")?, process.log()))
}

/// An embedded platform with its data below the folder, and its address.
async fn up(folder: &Path) -> Result<(Process, String)> {
    let address = format!("127.0.0.1:{}", harness::free_port());
    let process = switchyard(&["up", "--listen", &address]).current_dir(folder).start()?;
    process.wait_for_line("listening on", PATIENCE).await?;
    Ok((process, address))
}

async fn new_key(folder: &Path) -> Result<String> {
    let (code, key) =
        run(folder, &["key", "new", "--contract", "partner", "--name", "test", "--quiet"]).await?;
    ensure!(code == 0 && key.starts_with("pk_live_") && key.trim().lines().count() == 1, "{code}: {key}");
    Ok(key.trim().to_owned())
}
