//! `plan`: the plans of an organization.

use crate::{
    context::{self, Tenant},
    enum_arg, output,
    settings::Global,
};
use entities::{
    ids::VendorProvisionerId,
    plan::{Model, Provisioner, Tier},
};
use kernel::domain::{
    charges::from_cents,
    plans::{self, Changes},
};
use rust_decimal::Decimal;
use sea_orm::ActiveEnum;
use std::process::ExitCode;
use uuid::Uuid;

/// List and change the plans that an organization sells
///
/// Without a plan of its own for a tier, it sells the default plan. Uses the configured database, or that of the
/// embedded platform, whether running or not.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    Set(Set),
    List(List),
}

/// Change a plan
///
/// Options that are omitted stay unchanged. Subscriptions keep their price until their plan is changed.
#[derive(clap::Args)]
struct Set {
    /// Service tier: residential-100, residential-500, residential-1g, business-1g or business-10g
    #[arg(value_parser = enum_arg::parse::<Tier>)]
    tier: Tier,
    /// Name on invoices
    #[arg(long)]
    name: Option<String>,
    /// Monthly price, before promotions and tax
    #[arg(long, value_name = "DOLLARS")]
    monthly: Option<Decimal>,
    /// One-time setup fee
    #[arg(long, value_name = "DOLLARS")]
    activation: Option<Decimal>,
    /// Download speed
    #[arg(long, value_name = "MBPS")]
    download: Option<i32>,
    /// Upload speed
    #[arg(long, value_name = "MBPS")]
    upload: Option<i32>,
    /// Provisioner: simulator, radius or vendor
    #[arg(long, value_parser = enum_arg::parse::<Provisioner>)]
    provisioner: Option<Provisioner>,
    /// Vendor's provisioner that receives the orders, with the provisioner `vendor`
    #[arg(long, value_name = "UUID")]
    vendor_provisioner: Option<Uuid>,
    #[command(flatten)]
    tenant: Tenant,
}

/// List an organization's plans, lowest tier first
#[derive(clap::Args)]
struct List {
    #[command(flatten)]
    tenant: Tenant,
}

/// Runs the subcommand.
pub async fn run(args: Args, global: Global) -> anyhow::Result<ExitCode> {
    let text = match args.action {
        Action::Set(args) => set(args, &global).await,
        Action::List(args) => list(args, &global).await,
    }?;
    output::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

async fn set(args: Set, global: &Global) -> anyhow::Result<String> {
    let Set { tier, name, monthly, activation, download, upload, provisioner, vendor_provisioner, tenant } =
        args;
    let work = context::work(global, tenant).await?;
    let vendor_provisioner = vendor_provisioner.map(VendorProvisionerId);
    let changes = Changes { name, monthly, activation, download, upload, provisioner, vendor_provisioner };
    let plan = plans::set(&work, tier, changes).await?;
    work.commit().await?;
    Ok(table(&[plan]))
}

async fn list(args: List, global: &Global) -> anyhow::Result<String> {
    let work = context::work(global, args.tenant).await?;
    Ok(table(&plans::offered(work.kernel.db.reader(), work.actor.organization).await?))
}

fn table(plans: &[Model]) -> String {
    let head = ["TIER", "NAME", "MONTHLY", "ACTIVATION", "DOWN", "UP", "BY", "WHOSE"].map(str::to_owned);
    let row = |plan: &Model| {
        let [monthly, activation] = [plan.monthly_cents, plan.activation_cents].map(from_cents);
        let whose = if plan.organization_id.is_some() { "own" } else { "everybody's" };
        [
            enum_arg::shown(&plan.tier),
            plan.name.clone(),
            monthly.to_string(),
            activation.to_string(),
            plan.download_mbps.to_string(),
            plan.upload_mbps.to_string(),
            plan.provisioner.to_value(),
            whose.into(),
        ]
    };
    let rows: Vec<_> = std::iter::once(head).chain(plans.iter().map(row)).collect();
    output::table(&rows)
}
