//! `sandbox`: an organization to try things with.

use crate::{
    open, output,
    settings::{Global, Place},
};
use kernel::{
    Kernel,
    auth::keys::{self, NewKey},
    domain::sandbox,
};
use std::process::ExitCode;

/// Make an organization to try things with
///
/// Works on the database of the settings, or on that of the embedded platform, running or not.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    Seed(Seed),
}

/// Make 100 customers with subscriptions, invoices, tickets, usage and whatever else there is, and a sandbox key
///
/// They are the same every time. The key is shown this once. What is ordered with it is provisioned in the simulator,
/// and no invoice of the organization is mailed. One that was seeded before stays as it is; one that has customers of
/// its own is refused.
#[derive(clap::Args)]
struct Seed {
    /// The tenant that gets all that; made if there is none of that name
    #[arg(long, default_value = sandbox::NAME, value_name = "NAME")]
    organization: String,
    /// Print the key and nothing else, for scripts; nothing where there is no new one
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    place: Place,
}

/// Does what is asked.
pub async fn run(args: Args, global: Global) -> anyhow::Result<ExitCode> {
    let Action::Seed(Seed { organization, quiet, place }) = args.action;
    let kernel = open::or_made(&global, place).await?;
    let key = seeded(&kernel, &organization).await?;
    match (key, quiet) {
        (Some(key), true) => output::print(&key)?,
        (Some(key), false) => output::print(&format!("{}\n", made(&organization, &key)))?,
        (None, true) => {}
        (None, false) => output::print(&format!("{organization} was seeded before, and stays as it is"))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Seeds the organization, and makes a key for it; none where it was seeded before.
pub async fn seeded(kernel: &Kernel, organization: &str) -> kernel::Result<Option<String>> {
    if !Box::pin(sandbox::seed(kernel, organization)).await? {
        return Ok(None);
    }
    let key = NewKey { sandbox: true, ..NewKey::plain(organization, "partner", "sandbox") };
    Ok(Some(keys::create(kernel, key).await?.secret))
}

/// What is said of a key just made.
pub fn made(organization: &str, key: &str) -> String {
    let customers = sandbox::CUSTOMERS;
    format!(
        "The organization {organization} has {customers} customers to try things with, and a sandbox key for the \
         partner contract. It is shown this once; keep it:\n\n  {key}"
    )
}
