//! The data folder is accessible only to its owner, whatever the umask, and has no unfinished files of killed
//! processes.

use super::{PATIENCE, run};
use anyhow::{Context, Result, ensure};
use harness::{Process, until};
use std::{
    fs::{self, File},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// All that is below the folder, and itself.
fn all(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = vec![folder.to_owned()];
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        found.extend(if path.is_dir() { all(&path)? } else { vec![path] });
    }
    Ok(found)
}

fn open_to_others(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut open = all(folder)?;
    // What has gone meanwhile is open to nobody.
    open.retain(|path| fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o077 != 0));
    Ok(open)
}

/// An embedded platform that was started under a umask that takes nothing.
async fn up(folder: &Path, address: &str) -> Result<Process> {
    let program = env!("CARGO_BIN_EXE_switchyard");
    let command = format!("umask 000; exec {program} up --no-seed --listen {address}");
    let process = Process::builder("/bin/sh").args(["-c", &command]).current_dir(folder).start()?;
    process.wait_for_line("listening on", PATIENCE).await?;
    Ok(process)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_else_reads_the_data_folder() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let address = format!("127.0.0.1:{}", harness::free_port());
    let process = up(folder.path(), &address).await?;
    let (code, said) = run(folder.path(), &["signing-key", "rotate"]).await?;
    ensure!(code == 0, "{said}");
    let key = process.log().lines().find(|line| line.trim().starts_with("pk_live_")).map(str::to_owned);
    let upload = reqwest::Client::new()
        .post(format!("http://{address}/partner/api/v1/bulk/customers/file"))
        .header("x-api-key", key.context("a key")?.trim())
        .header("content-type", "text/csv")
        .body(crate::app::csv(2));
    ensure!(upload.send().await?.status() == 202);
    let names = ["switchyard.db", "switchyard.db-wal", "switchyard.db-shm", "secret.key", "spool"];
    for name in names {
        ensure!(data.join(name).exists(), "{name}");
    }
    ensure!(open_to_others(&data)?.is_empty(), "{:?}", open_to_others(&data)?);
    process.sigkill();
    process.wait_exit(PATIENCE).await?;
    // What an earlier version left is closed at the start.
    fs::create_dir_all(data.join("outbox"))?;
    for path in all(&data)? {
        let mode = if path.is_dir() { 0o755 } else { 0o644 };
        fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
    }
    let _process = up(folder.path(), &address).await?;
    ensure!(open_to_others(&data)?.is_empty(), "{:?}", open_to_others(&data)?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_killed_processes_left_unfinished_is_removed_at_the_start() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let left = [
        "outbox/.partial-0193",
        "outbox/.01934e2a-7b00-7abc-8def-0123456789ab",
        "spool/.tmpAbC123",
        ".partial-key",
    ];
    let stays = ["outbox/a@example.com.eml", "outbox/.partial-held"];
    for name in ["outbox", "spool"] {
        fs::create_dir_all(data.join(name))?;
    }
    for name in left.iter().chain(&stays) {
        fs::write(data.join(name), "half")?;
    }
    let held = File::open(data.join("outbox/.partial-held"))?;
    held.lock()?;
    let address = format!("127.0.0.1:{}", harness::free_port());
    let _process = up(folder.path(), &address).await?;
    until("they are gone", PATIENCE, async || {
        Ok(left.iter().all(|name| !data.join(name).exists()).then_some(()))
    })
    .await?;
    for name in stays {
        ensure!(data.join(name).exists(), "{name}");
    }
    Ok(())
}
