//! `pool`: IP address pools.

use crate::{
    context::{self, Tenant},
    output,
    settings::Global,
};
use isp::addresses::{self, Block, Pool};
use std::process::ExitCode;

/// Create, list and reserve IP address pools
///
/// Uses the configured database, or that of the embedded platform, whether running or not.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    Add(Add),
    /// Stop allocating from a pool; existing allocations are kept
    Reserve(Named),
    /// Resume allocating from a pool
    Open(Named),
    List(List),
}

/// Create a pool
///
/// From an IPv4 network each customer gets one address; the network address, the first (the gateway) and the broadcast
/// address are not allocated. From an IPv6 network each customer gets a /64.
#[derive(clap::Args)]
struct Add {
    #[command(flatten)]
    tenant: Tenant,
    /// Region of the service areas that use the pool, as shown by `coverage list`
    #[arg(long)]
    region: String,
    /// Prefix length allocated per customer [default: 32 for IPv4, 64 for IPv6]
    #[arg(long, value_name = "BITS")]
    prefix: Option<u8>,
    /// Name of the pool, unique within the organization
    name: String,
    /// Address range in CIDR notation, such as `10.0.0.0/16` or `2001:db8::/40`
    network: String,
}

#[derive(clap::Args)]
struct Named {
    #[command(flatten)]
    tenant: Tenant,
    /// Name of the pool
    name: String,
}

/// List an organization's pools and their utilization
#[derive(clap::Args)]
struct List {
    #[command(flatten)]
    tenant: Tenant,
}

/// Runs the subcommand.
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
    let work = context::work(global, args.tenant).await?;
    let pool = addresses::add(&work, &args.name, &args.region, &args.network, block).await?;
    work.commit().await?;
    Ok(output::print(&format!("Created {} with {} addresses or networks to allocate", pool.id, pool.size))?)
}

async fn reserve(args: Named, reserved: bool, global: &Global) -> anyhow::Result<()> {
    let work = context::work(global, args.tenant).await?;
    let pool = addresses::set_reserved(&work, &args.name, reserved).await?;
    work.commit().await?;
    let what = if reserved { "is reserved" } else { "is open for allocation" };
    Ok(output::print(&format!("{} {what}", pool.name))?)
}

async fn list(args: List, global: &Global) -> anyhow::Result<()> {
    let work = context::work(global, args.tenant).await?;
    let pools = addresses::list(&work.kernel, work.actor.organization).await?;
    let head = ["ID", "NAME", "REGION", "NETWORK", "ALLOCATED", "SIZE", "STATE"].map(str::to_owned);
    let row = |Pool { record, allocated }: Pool| {
        let state = format!("{:?}", record.status).to_lowercase();
        let (id, size) = (record.id.to_string(), record.size.to_string());
        [id, record.name, record.region, record.network, allocated.to_string(), size, state]
    };
    let rows: Vec<_> = std::iter::once(head).chain(pools.into_iter().map(row)).collect();
    Ok(output::print(&output::table(&rows))?)
}
