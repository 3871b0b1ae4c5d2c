//! `sandbox`: an organization with sample data.

use crate::{
    context, output,
    settings::{DataLocation, Global},
};
use isp::sandbox;
use kernel::{
    Kernel,
    auth::keys::{self, NewKey},
    contracts::partner,
};
use std::process::ExitCode;

/// Create a sandbox organization
///
/// Uses the configured database, or that of the embedded platform, whether running or not.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    Seed(Seed),
}

/// Create 100 customers with subscriptions, invoices, tickets, usage and more, and a sandbox key
///
/// The data is the same every time. The key is shown once. Its orders are provisioned by the simulator, and the
/// organization's invoices are not mailed. An organization that was already seeded stays unchanged; one with customers
/// of its own is rejected.
#[derive(clap::Args)]
struct Seed {
    /// Organization (tenant) to seed; created if it does not exist
    #[arg(long, default_value = sandbox::NAME, value_name = "NAME")]
    organization: String,
    /// Print only the key, for scripts; nothing if no key was created
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    location: DataLocation,
}

/// Runs the subcommand.
pub async fn run(args: Args, global: Global) -> anyhow::Result<ExitCode> {
    let Action::Seed(Seed { organization, quiet, location }) = args.action;
    let kernel = context::or_create(&global, location).await?;
    let key = seeded(&kernel, &organization).await?;
    match (key, quiet) {
        (Some(key), true) => output::print(&key)?,
        (Some(key), false) => output::print(&format!("{}\n", made(&organization, &key)))?,
        (None, true) => {}
        (None, false) => output::print(&format!("{organization} was already seeded and is unchanged"))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Seeds the organization and creates a key; `None` if it was already seeded.
pub async fn seeded(kernel: &Kernel, organization: &str) -> platform::Result<Option<String>> {
    if !Box::pin(sandbox::seed(kernel, organization)).await? {
        return Ok(None);
    }
    let key = NewKey { sandbox: true, ..NewKey::plain(organization, partner::CONTRACT.name, "sandbox") };
    Ok(Some(keys::create(kernel, key).await?.secret))
}

/// The message with a new key.
pub fn made(organization: &str, key: &str) -> String {
    let customers = sandbox::CUSTOMERS;
    format!(
        "The organization {organization} has {customers} sample customers and a sandbox key for the \
         partner contract. It is shown only once; save it:\n\n  {key}"
    )
}
