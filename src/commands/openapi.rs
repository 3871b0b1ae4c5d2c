//! `openapi`: prints the document of a contract.

use crate::{output, settings::Global};
use anyhow::Context;
use clap::builder::PossibleValuesParser;
use std::process::ExitCode;

/// Print the OpenAPI document of a contract as served
#[derive(clap::Args)]
pub struct Args {
    /// The contract
    #[arg(value_parser = PossibleValuesParser::new(api::contracts()))]
    contract: String,
}

/// Prints the document.
#[allow(clippy::unused_async, reason = "all commands have one shape")]
pub async fn run(args: Args, _: Global) -> anyhow::Result<ExitCode> {
    let document = api::openapi(&args.contract).context("no document")?;
    output::print(document.trim_end())?;
    Ok(ExitCode::SUCCESS)
}
