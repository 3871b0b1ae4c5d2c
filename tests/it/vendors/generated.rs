//! A client that openapi-python-client generates from `contracts/vendor.openapi.json`: the contract as vendors have
//! it, and their programs were made for it, not the document that we serve.

use super::Vendor;
use anyhow::{Result, ensure};
use harness::python;
use std::process::Command;

const CONTRACT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/contracts/vendor.openapi.json");
const SETTINGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/vendors/generator.yml");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_takes_an_order_from_the_webhook_to_the_result() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let python = python::venv(&python::requirements(include_str!("../api/clients/requirements.txt")))?;
    let made = Command::new(&python)
        .args(["-m", "openapi_python_client", "generate", "--meta", "none", "--fail-on-warning"])
        .args(["--path", CONTRACT, "--config", SETTINGS, "--output-path", "vendor_client"])
        .current_dir(&folder)
        .output()?;
    ensure!(made.status.success(), "{made:?}");
    let vendor = Vendor::new().await?;
    let done = Command::new(&python)
        .args(["-c", include_str!("generated.py"), CONTRACT, &vendor.address()])
        .envs([("CLIENT_ID", &vendor.client_id), ("CLIENT_SECRET", &vendor.client_secret)])
        .env("PYTHONPATH", folder.path())
        .output()?;
    ensure!(done.status.success() && done.stdout == b"done\n", "{}", String::from_utf8_lossy(&done.stderr));
    Ok(())
}
