//! `up --sandbox`, for tests of commands.

use crate::{
    app::{Caller, PATIENCE},
    cli::switchyard,
};
use anyhow::{Context, Result};
use harness::Process;
use tempfile::TempDir;

/// A platform that may call receivers on loopback, and soon calls them again.
pub struct Sandbox {
    pub folder: TempDir,
    pub process: Process,
    /// Where the partner contract is.
    pub url: String,
    /// The first key.
    pub key: String,
    pub caller: Caller,
}

impl Sandbox {
    pub async fn up() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let address = format!("127.0.0.1:{}", harness::free_port());
        let process = switchyard(&["up", "--sandbox", "--listen", &address])
            .env("SWITCHYARD_WEBHOOKS_SCHEDULE", "0s, 100ms, 100ms")
            .current_dir(folder.path())
            .start()?;
        let line = process.wait_for_line("X-API-Key: pk_test_", PATIENCE).await?;
        let key = line.split('\'').find_map(|part| part.strip_prefix("X-API-Key: ")).context(line.clone())?;
        let url = format!("http://{address}/partner");
        let caller = Caller::new(&url, key)?;
        Ok(Self { folder, process, key: key.to_owned(), url, caller })
    }
}
