//! `pool`: the addresses that customers get.

use crate::{
    open::{self, Tenant},
    output,
    settings::Global,
};
use kernel::domain::addresses::{self, Block, Pool};
use std::process::ExitCode;

/// Make, list and hold back pools of addresses
///
/// Works on the database of the settings, or on that of the embedded platform, running or not.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    Add(Add),
    /// Give no more addresses of a pool out; those that customers have stay theirs
    Reserve(Named),
    /// Give the addresses of a pool out again
    Open(Named),
    List(List),
}

/// Make a pool
///
/// Of an IPv4 network each customer gets one address; the network's own, the first (the gateway) and the broadcast
/// address are kept back. Of an IPv6 network each gets a /64.
#[derive(clap::Args)]
struct Add {
    #[command(flatten)]
    tenant: Tenant,
    /// Where the addresses are used: the region of service areas, as `coverage list` shows it
    #[arg(long)]
    region: String,
    /// Length of the prefix that a customer gets [default: 32 for IPv4, 64 for IPv6]
    #[arg(long, value_name = "BITS")]
    prefix: Option<u8>,
    /// Name of the pool, unique within the organization
    name: String,
    /// All its addresses, as a CIDR: `10.0.0.0/16`, `2001:db8::/40`
    network: String,
}

#[derive(clap::Args)]
struct Named {
    #[command(flatten)]
    tenant: Tenant,
    /// Name of the pool
    name: String,
}

/// List an organization's pools, and how full they are
#[derive(clap::Args)]
struct List {
    #[command(flatten)]
    tenant: Tenant,
}

/// Does what is asked.
pub async fn run(args: Args, global: Global) -> anyhow::Result<ExitCode> {
    match args.action {
        Action::Add(args) => add(args, &global).await,
        Action::Reserve(args) => reserve(args, true, &global).await,
        Action::Open(args) => reserve(args, false, &global).await,
        Action::List(args) => list(args, &global).await,
    }?;
    Ok(ExitCode::SUCCESS)
}

async fn add(args: Add, global: &Global) -> anyhow::Result<()> {
    let block = Block::new(&args.network, args.prefix);
    let block = block.map_err(|reason| anyhow::anyhow!("{}: {reason}", args.network))?;
    let work = open::work(global, args.tenant).await?;
    let pool = addresses::add(&work, &args.name, &args.region, &args.network, block).await?;
    work.commit().await?;
    Ok(output::print(&format!("Made {}, which has {} to give out", pool.id, pool.size))?)
}

async fn reserve(args: Named, reserved: bool, global: &Global) -> anyhow::Result<()> {
    let work = open::work(global, args.tenant).await?;
    let pool = addresses::set_reserved(&work, &args.name, reserved).await?;
    work.commit().await?;
    let what = if reserved { "is held back" } else { "gives addresses out" };
    Ok(output::print(&format!("{} {what}", pool.name))?)
}

async fn list(args: List, global: &Global) -> anyhow::Result<()> {
    let work = open::work(global, args.tenant).await?;
    let pools = addresses::list(&work.kernel, work.actor.organization).await?;
    let head = ["ID", "NAME", "REGION", "NETWORK", "GIVEN OUT", "OF", "STATE"].map(str::to_owned);
    let row = |Pool { record, allocated }: Pool| {
        let state = format!("{:?}", record.status).to_lowercase();
        let (id, size) = (record.id.to_string(), record.size.to_string());
        [id, record.name, record.region, record.network, allocated.to_string(), size, state]
    };
    let rows: Vec<_> = std::iter::once(head).chain(pools.into_iter().map(row)).collect();
    Ok(output::print(&output::table(&rows))?)
}
