//! `key`: API keys.

use crate::{
    open, output,
    settings::{Global, Place},
};
use clap::builder::PossibleValuesParser;
use entities::{api_key, ids::ApiKeyId};
use kernel::auth::keys::{self, CONTRACTS, NewKey};
use std::process::ExitCode;

/// Make, list and revoke API keys
///
/// Works on the database of the settings, or on that of the embedded platform, running or not.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    New(New),
    List(List),
    Revoke(Revoke),
}

/// Make a key, and show it this once
#[derive(clap::Args)]
struct New {
    /// The contract it opens
    #[arg(long, value_parser = PossibleValuesParser::new(CONTRACTS.iter().map(|(name, _)| *name)))]
    contract: String,
    /// What it is called in lists
    #[arg(long)]
    name: String,
    /// The tenant it speaks for; made if there is none of that name
    #[arg(long, default_value = "default", value_name = "NAME")]
    organization: String,
    /// Print the key and nothing else, for scripts
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    place: Place,
}

/// List all keys; of the key itself only the beginning is known
#[derive(clap::Args)]
struct List {
    #[command(flatten)]
    place: Place,
}

/// Revoke a key
///
/// It stops working at once, except that running processes trust what they looked up for `http.key_cache`
/// longer (at most 5 seconds).
#[derive(clap::Args)]
struct Revoke {
    /// Its id, from `key list`
    #[arg(value_name = "KEY_ID", value_parser = key_id)]
    id: ApiKeyId,
    #[command(flatten)]
    place: Place,
}

/// Says what an id looks like; whoever passes the key itself is told that it is not the id.
fn key_id(text: &str) -> Result<ApiKeyId, String> {
    text.parse().map_err(|_| "expected the id that `key list` shows: key_ and 26 letters and digits".into())
}

/// Does what is asked.
pub async fn run(args: Args, global: Global) -> anyhow::Result<ExitCode> {
    match args.action {
        Action::New(args) => new(args, &global).await,
        Action::List(args) => list(args, &global).await,
        Action::Revoke(args) => revoke(args, &global).await,
    }?;
    Ok(ExitCode::SUCCESS)
}

async fn new(args: New, global: &Global) -> anyhow::Result<()> {
    let kernel = open::or_made(global, args.place).await?;
    let NewKey { record, secret } =
        keys::create(&kernel, &args.organization, &args.contract, &args.name).await?;
    if args.quiet {
        return Ok(output::print(&secret)?);
    }
    let api_key::Model { id, contract, .. } = record;
    let organization = args.organization;
    Ok(output::print(&format!(
        "Made {id}, which opens the {contract} contract for {organization}. The key is shown this once; keep it:\n\n  {secret}\n"
    ))?)
}

async fn list(args: List, global: &Global) -> anyhow::Result<()> {
    let kernel = open::existing(global, args.place).await?;
    let head = ["ID", "CONTRACT", "ORGANIZATION", "NAME", "BEGINS WITH", "MADE", "REVOKED"];
    let keys = keys::list(&kernel).await?;
    let rows = keys.into_iter().map(row);
    let rows: Vec<_> = std::iter::once(head.map(str::to_owned)).chain(rows).collect();
    Ok(output::print(&output::table(&rows))?)
}

fn row((key, organization): (api_key::Model, String)) -> [String; 7] {
    let revoked = key.revoked_at.map(output::time).unwrap_or_default();
    let made = output::time(key.created_at);
    [key.id.to_string(), key.contract, organization, key.name, key.prefix, made, revoked]
}

async fn revoke(args: Revoke, global: &Global) -> anyhow::Result<()> {
    let kernel = open::existing(global, args.place).await?;
    let id = args.id;
    let now = keys::revoke(&kernel, id).await?;
    let report = if now { format!("{id} is revoked") } else { format!("{id} had been revoked before") };
    Ok(output::print(&report)?)
}
