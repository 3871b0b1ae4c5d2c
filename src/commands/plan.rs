//! `plan`: the plans of an organization.

use crate::{
    context::{self, Tenant},
    enum_arg, output,
    settings::Global,
};
use entities::{
    ids::VendorProvisionerId,
    plan::{Model, Provisioner},
};
use isp::{
    charges::from_cents,
    plans::{self, Changes, NewPlan, Plans, stored_code},
};
use rust_decimal::Decimal;
use sea_orm::ActiveEnum;
use std::process::ExitCode;
use uuid::Uuid;

/// List and change the plans that an organization sells
///
/// Without a plan of its own for a code, it sells the default plan. Codes can be written in either form: `residential-500`
/// here is `RESIDENTIAL_500` in contracts and files. Uses the configured database, or that of the
/// embedded platform, whether running or not.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    Add(Add),
    Set(Set),
    List(List),
}

/// Add a plan
///
/// Partners can sell only plans with the code of one of their contract's tiers.
#[derive(clap::Args)]
struct Add {
    /// Code of the new plan, such as voice-basic
    code: String,
    /// Position among the plans: a change to a plan of a higher rank is an upgrade (see `plan list`)
    #[arg(long, allow_negative_numbers = true)]
    rank: i32,
    #[command(flatten)]
    terms: Terms,
    #[command(flatten)]
    tenant: Tenant,
}

/// Change a plan
///
/// Options that are omitted stay unchanged. Subscriptions keep their price until their plan is changed.
#[derive(clap::Args)]
struct Set {
    /// Code of the plan, such as residential-500 (see `plan list`)
    code: String,
    /// Position among the plans: a change to a plan of a higher rank is an upgrade (see `plan list`)
    #[arg(long, allow_negative_numbers = true)]
    rank: Option<i32>,
    #[command(flatten)]
    terms: Terms,
    #[command(flatten)]
    tenant: Tenant,
}

#[derive(clap::Args)]
struct Terms {
    /// Name on invoices
    #[arg(long)]
    name: Option<String>,
    /// Monthly price, before promotions and tax; required for a new plan
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
}

impl From<Terms> for Changes {
    fn from(terms: Terms) -> Self {
        let Terms { name, monthly, activation, download, upload, provisioner, vendor_provisioner } = terms;
        let vendor_provisioner = vendor_provisioner.map(VendorProvisionerId);
        Self { rank: None, name, monthly, activation, download, upload, provisioner, vendor_provisioner }
    }
}

/// List an organization's plans, lowest rank first
#[derive(clap::Args)]
struct List {
    #[command(flatten)]
    tenant: Tenant,
}

/// The exit status for an invalid argument.
const MISUSE: u8 = 2;

/// Runs the subcommand.
pub async fn run(args: Args, global: Global) -> anyhow::Result<ExitCode> {
    let text = match args.action {
        Action::Add(args) => add(args, &global).await,
        Action::Set(args) => match set(args, &global).await? {
            Ok(text) => Ok(text),
            Err(wrong) => {
                output::print_error(&format!("switchyard: {wrong}"));
                return Ok(ExitCode::from(MISUSE));
            }
        },
        Action::List(args) => list(args, &global).await,
    }?;
    output::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

async fn add(args: Add, global: &Global) -> anyhow::Result<String> {
    let Add { code, rank, terms, tenant } = args;
    let work = context::work(global, tenant).await?;
    let plan = plans::create(&work, NewPlan { code: stored_code(&code), rank, terms: terms.into() }).await?;
    work.commit().await?;
    Ok(table(&[plan]))
}

/// The plan as it is now, or what is wrong with the code.
async fn set(args: Set, global: &Global) -> anyhow::Result<Result<String, String>> {
    let work = context::work(global, args.tenant).await?;
    let plans = Plans::of(&work.transaction().await?, work.actor.organization).await?;
    let code = stored_code(&args.code);
    let Ok(plan) = plans.by_code(&code) else {
        let known: Vec<_> = plans.offered().into_iter().map(|plan| typed(&plan.code)).collect();
        return Ok(Err(format!("there is no plan {}: expected one of {}", args.code, known.join(", "))));
    };
    let changes = Changes { rank: args.rank, ..args.terms.into() };
    let plan = plans::set(&work, plan.id, changes).await?;
    work.commit().await?;
    Ok(Ok(table(&[plan])))
}

fn typed(code: &str) -> String {
    code.to_lowercase().replace('_', "-")
}

async fn list(args: List, global: &Global) -> anyhow::Result<String> {
    let work = context::work(global, args.tenant).await?;
    Ok(table(&plans::offered(work.kernel.db.reader(), work.actor.organization).await?))
}

fn table(plans: &[Model]) -> String {
    let head =
        ["CODE", "RANK", "NAME", "MONTHLY", "ACTIVATION", "DOWN", "UP", "BY", "WHOSE"].map(str::to_owned);
    let row = |plan: &Model| {
        let [monthly, activation] = [plan.monthly_cents, plan.activation_cents].map(from_cents);
        let whose = if plan.organization_id.is_some() { "own" } else { "everybody's" };
        [
            typed(&plan.code),
            plan.rank.to_string(),
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
