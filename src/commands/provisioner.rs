//! `provisioner`: vendors' provisioners, which receive orders.

use crate::{
    context::{self, Tenant},
    output,
    settings::Global,
};
use entities::vendor_provisioner;
use isp::vendors::{VendorScope, provisioners};
use std::process::ExitCode;

/// Create and list vendors' provisioners
///
/// A vendor is an organization with credentials for the vendor contract. Uses the configured database, or that of the
/// embedded platform, whether running or not.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    Create(Create),
    Set(Set),
    List(List),
}

/// Create a provisioner and its counterpart for simulations
///
/// The vendor registers webhooks for each of the two; simulated orders go to the counterpart.
#[derive(clap::Args)]
struct Create {
    #[command(flatten)]
    tenant: Tenant,
    /// Name shown to the vendor; unique within the organization
    #[arg(long)]
    name: String,
    /// Send this provisioner suspensions and resumptions too
    #[arg(long)]
    suspensions: bool,
}

/// Change a provisioner and its counterpart for simulations
#[derive(clap::Args)]
struct Set {
    #[command(flatten)]
    tenant: Tenant,
    /// Name
    #[arg(long)]
    name: String,
    /// Whether to send it suspensions and resumptions
    #[arg(long, action = clap::ArgAction::Set)]
    suspensions: bool,
}

/// List a vendor's provisioners
#[derive(clap::Args)]
struct List {
    #[command(flatten)]
    tenant: Tenant,
}

/// Runs the subcommand.
pub async fn run(args: Args, global: Global) -> anyhow::Result<ExitCode> {
    match args.action {
        Action::Create(args) => create(args, &global).await,
        Action::Set(args) => set(args, &global).await,
        Action::List(args) => list(args, &global).await,
    }?;
    Ok(ExitCode::SUCCESS)
}

async fn create(args: Create, global: &Global) -> anyhow::Result<()> {
    let work = context::work(global, args.tenant).await?;
    let made = provisioners::create(&work, &args.name, args.suspensions).await?;
    work.commit().await?;
    Ok(output::print(&table(made.into()))?)
}

async fn set(args: Set, global: &Global) -> anyhow::Result<()> {
    let work = context::work(global, args.tenant).await?;
    let set = provisioners::set_suspensions(&work, &args.name, args.suspensions).await?;
    work.commit().await?;
    Ok(output::print(&table(set))?)
}

async fn list(args: List, global: &Global) -> anyhow::Result<()> {
    let work = context::work(global, args.tenant).await?;
    let found = provisioners::all(&work.kernel, VendorScope::from(&work.actor)).await?;
    Ok(output::print(&table(found))?)
}

/// The ids as the contract shows them.
fn table(provisioners: Vec<vendor_provisioner::Model>) -> String {
    let head = ["ID", "NAME", "FOR", "SUSPENSIONS"].map(str::to_owned);
    let row = |one: vendor_provisioner::Model| {
        let side = if one.sandbox { "simulations" } else { "orders" };
        let suspensions = if one.suspensions { "yes" } else { "no" };
        [one.id.0.to_string(), one.name, side.to_owned(), suspensions.to_owned()]
    };
    let rows: Vec<_> = std::iter::once(head).chain(provisioners.into_iter().map(row)).collect();
    output::table(&rows)
}
