//! `vault`: the encryption key of the database's secrets.

use crate::{
    context, output,
    settings::{DataLocation, Global},
};
use platform::vault;
use std::process::ExitCode;

/// Change the key that encrypts the secrets in the database
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    Adopt(Adopt),
}

/// Use the current key from now on, although secrets were encrypted with another
///
/// Only for an installation whose key is lost; if there is a backup of the key, restore it instead. The current key is
/// `secrets.key`, or secret.key in the data folder, which an embedded platform creates if missing. Secrets encrypted
/// with the lost key stay unreadable: afterwards run `switchyard signing-key rotate`, and give each webhook a new
/// secret. Stop all processes first, and start them with the new key.
#[derive(clap::Args)]
struct Adopt {
    #[command(flatten)]
    location: DataLocation,
}

/// Runs the subcommand.
pub async fn run(args: Args, global: Global) -> anyhow::Result<ExitCode> {
    let Action::Adopt(args) = args.action;
    let kernel = context::sealed(&global, args.location).await?;
    vault::adopt(&kernel.vault, &kernel.db, &kernel.clock).await?;
    output::print("the current key is used from now on; secrets encrypted with another cannot be read")?;
    Ok(ExitCode::SUCCESS)
}
