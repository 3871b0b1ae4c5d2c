//! `signing-key`: the keys that sign access tokens.

use crate::{
    context, output,
    settings::{DataLocation, Global},
};
use kernel::auth::signing_keys::{self, Listed};
use std::process::ExitCode;

/// List and rotate the keys that sign access tokens
///
/// The first key is created when first needed. Uses the configured database, or that of the embedded platform, whether
/// running or not.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    Rotate(Rotate),
    List(List),
}

/// Retire the current signing key and create a new one
///
/// Running processes use the new key within `http.key_cache` (at most 5 seconds). Tokens signed with the retired key
/// stay valid until they expire.
#[derive(clap::Args)]
struct Rotate {
    #[command(flatten)]
    location: DataLocation,
}

/// List all keys, newest first
#[derive(clap::Args)]
struct List {
    #[command(flatten)]
    location: DataLocation,
}

/// Runs the subcommand.
pub async fn run(args: Args, global: Global) -> anyhow::Result<ExitCode> {
    match args.action {
        Action::Rotate(args) => rotate(args, &global).await,
        Action::List(args) => list(args, &global).await,
    }?;
    Ok(ExitCode::SUCCESS)
}

async fn rotate(args: Rotate, global: &Global) -> anyhow::Result<()> {
    let kernel = context::existing(global, args.location).await?;
    let id = signing_keys::rotate(&kernel).await?;
    Ok(output::print(&format!("{id} is the signing key now"))?)
}

async fn list(args: List, global: &Global) -> anyhow::Result<()> {
    let kernel = context::existing(global, args.location).await?;
    let now = kernel.clock.now();
    let head = ["ID", "MADE", "STATE"].map(str::to_owned);
    let keys = signing_keys::list(&kernel).await?;
    let row = |key: Listed| {
        let state = match key.verifies_until {
            None => "signs".to_owned(),
            Some(until) if now < until => format!("retired, verifies until {}", output::time(until)),
            Some(_) => "retired".to_owned(),
        };
        [key.id.to_string(), output::time(key.created_at), state]
    };
    let rows: Vec<_> = std::iter::once(head).chain(keys.into_iter().map(row)).collect();
    Ok(output::print(&output::table(&rows))?)
}
