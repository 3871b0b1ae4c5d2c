//! Vendors' programs, against a platform that runs by itself.

mod generated;

use crate::{cli::run, receivers::Sandbox};
use anyhow::{Context, Result, ensure};
use std::path::Path;

/// A platform with a vendor who has a provisioner, and credentials for simulations.
struct Vendor {
    sandbox: Sandbox,
    client_id: String,
    client_secret: String,
}

impl Vendor {
    async fn new() -> Result<Self> {
        let sandbox = Sandbox::up().await?;
        let folder = sandbox.folder.path();
        let of = ["--organization", "fiber"];
        let key = ["key", "new", "--contract", "vendor", "--name", "to try", "--sandbox", "--quiet"];
        let key = done(folder, &[&key[..], &of].concat()).await?;
        let (client_id, client_secret) = key.trim().split_once(':').with_context(|| key.clone())?;
        done(folder, &[&["provisioner", "create", "--name", "Broadband"][..], &of].concat()).await?;
        let (client_id, client_secret) = (client_id.to_owned(), client_secret.to_owned());
        Ok(Self { sandbox, client_id, client_secret })
    }

    /// Where the platform is, without any contract.
    fn address(&self) -> String {
        format!("http://{}", self.sandbox.caller.address())
    }
}

/// What a command prints that succeeds.
async fn done(folder: &Path, args: &[&str]) -> Result<String> {
    let (code, log) = run(folder, args).await?;
    ensure!(code == 0, "{args:?}: {code}: {log}");
    Ok(log)
}
