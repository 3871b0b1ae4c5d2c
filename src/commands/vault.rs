//! `vault`: the key that the database's secrets are sealed with.

use crate::{
    open, output,
    settings::{Global, Place},
};
use kernel::vault;
use std::process::ExitCode;

/// Start using another key for the secrets in the database
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    Adopt(Adopt),
}

/// Seal with the present key from now on, though secrets were sealed with another
///
/// For an installation whose key is lost for good; a key that is in a backup is restored instead. The present key is
/// `secrets.key`, or secret.key in the data folder, which an embedded platform makes if it is not there. What was
/// sealed with the lost key stays unreadable: afterwards `switchyard signing-key rotate`, and give each webhook a new
/// secret. Stop all processes first, and start them with the new key.
#[derive(clap::Args)]
struct Adopt {
    #[command(flatten)]
    place: Place,
}

/// Does what is asked.
pub async fn run(args: Args, global: Global) -> anyhow::Result<ExitCode> {
    let Action::Adopt(args) = args.action;
    let kernel = open::sealed(&global, args.place).await?;
    vault::adopt(&kernel).await?;
    output::print("the present key seals from now on; what was sealed with another cannot be read")?;
    Ok(ExitCode::SUCCESS)
}
