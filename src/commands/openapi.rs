//! `openapi`: the document of a contract.

use crate::{output, settings::Global};
use anyhow::Context;
use kernel::auth::keys::CONTRACTS;
use std::process::ExitCode;

/// Print a contract's OpenAPI document, as it is served
#[derive(clap::Args)]
pub struct Args {
    /// The contract: partner
    contract: String,
}

/// Prints it.
#[allow(clippy::unused_async, reason = "all commands have one shape")]
pub async fn run(args: Args, _: Global) -> anyhow::Result<ExitCode> {
    let names = CONTRACTS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    let document = api::openapi(&args.contract)
        .with_context(|| format!("there is no contract `{}`; there is {names}", args.contract))?;
    output::print(document.trim_end())?;
    Ok(ExitCode::SUCCESS)
}
