//! `promotion`: promotion codes.

use crate::{
    context::{self, Tenant},
    enum_arg, output,
    settings::Global,
};
use chrono::{DateTime, Utc};
use entities::promotion::Model;
use isp::{
    charges::{Discount, Promotion},
    promotions,
};
use rust_decimal::Decimal;
use std::process::ExitCode;

/// Create and list promotion codes
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
    List(List),
}

/// Create a code that reduces the monthly price
#[derive(clap::Args)]
struct Add {
    /// The code (case-insensitive)
    code: String,
    #[command(flatten)]
    off: Off,
    /// Number of months from the start of a subscription [default: unlimited]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1200))]
    months: Option<u16>,
    /// Valid from, such as 2026-11-21T00:00:00Z [default: now]
    #[arg(long, value_name = "TIME", value_parser = enum_arg::moment)]
    from: Option<DateTime<Utc>>,
    /// Valid until; subscriptions that have it keep it [default: unlimited]
    #[arg(long, value_name = "TIME", value_parser = enum_arg::moment)]
    until: Option<DateTime<Utc>>,
    #[command(flatten)]
    tenant: Tenant,
}

/// The discount.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct Off {
    /// Discount in percent
    #[arg(long)]
    percent: Option<Decimal>,
    /// Discount per month in US dollars, at most the price
    #[arg(long, value_name = "DOLLARS")]
    amount: Option<Decimal>,
}

/// List an organization's codes
#[derive(clap::Args)]
struct List {
    #[command(flatten)]
    tenant: Tenant,
}

/// Runs the subcommand.
pub async fn run(args: Args, global: Global) -> anyhow::Result<ExitCode> {
    let text = match args.action {
        Action::Add(args) => add(args, &global).await,
        Action::List(args) => list(args, &global).await,
    }?;
    output::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

async fn add(args: Add, global: &Global) -> anyhow::Result<String> {
    let Add { code, off, months, from, until, tenant } = args;
    let off = off.percent.map(Discount::Percent).or(off.amount.map(Discount::Amount));
    let Some(discount) = off else { unreachable!("clap asks for one of them") };
    let work = context::work(global, tenant).await?;
    let made = promotions::add(&work, Promotion { code, discount, months, from, until }).await?;
    work.commit().await?;
    Ok(format!("Created {}, the code {}", made.id, made.code))
}

async fn list(args: List, global: &Global) -> anyhow::Result<String> {
    let work = context::work(global, args.tenant).await?;
    let found = promotions::list(&work.kernel, work.actor.organization).await?;
    let head = ["CODE", "OFF", "MONTHS", "FROM", "UNTIL"].map(str::to_owned);
    let rows = found.iter().map(row).collect::<anyhow::Result<Vec<_>>>()?;
    let rows: Vec<_> = std::iter::once(head).chain(rows).collect();
    Ok(output::table(&rows))
}

fn row(code: &Model) -> anyhow::Result<[String; 5]> {
    let off = match serde_json::from_value(code.discount.clone())? {
        Discount::Percent(percent) => format!("{percent} %"),
        Discount::Amount(amount) => format!("${amount}"),
    };
    let time = |at: Option<DateTime<Utc>>| at.map_or_else(|| "any time".into(), output::time);
    let months = code.months.map_or_else(|| "all".into(), |months| months.to_string());
    Ok([code.code.clone(), off, months, time(code.opens_at), time(code.closes_at)])
}
