//! `tax`: sales tax rates.

use crate::{
    context::{self, Tenant},
    output,
    settings::Global,
};
use isp::{charges::is_us_state, invoices};
use rust_decimal::Decimal;
use std::process::ExitCode;

/// Set and list sales tax rates
///
/// Customers in a state without a rate are not billed. Uses the configured database, or that of the embedded platform,
/// whether running or not.
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

/// Set the tax rate of a state, from the next invoice on
#[derive(clap::Args)]
struct Set {
    #[command(flatten)]
    tenant: Tenant,
    /// State, two letters: `CA`
    state: String,
    /// Rate in percent, with at most four decimals; 0 for no tax: `8.25`
    percent: Decimal,
}

/// List an organization's tax rates
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

async fn set(Set { tenant, state, percent }: Set, global: &Global) -> anyhow::Result<String> {
    let work = context::work(global, tenant).await?;
    let rate = invoices::set_tax(&work, &state, percent).await?;
    work.commit().await?;
    if !is_us_state(&rate.state) {
        output::print_error(&format!("switchyard: {} is not a state of the United States", rate.state));
    }
    Ok(format!("The tax rate of {} is {} %", rate.state, rate.percent))
}

async fn list(List { tenant }: List, global: &Global) -> anyhow::Result<String> {
    let work = context::work(global, tenant).await?;
    let rates = invoices::taxes(work.kernel.db.reader(), work.actor.organization).await?;
    let head = ["STATE", "PERCENT", "SINCE"].map(str::to_owned);
    let rows = rates.into_iter().map(|rate| [rate.state, rate.percent, output::time(rate.updated_at)]);
    Ok(output::table(&std::iter::once(head).chain(rows).collect::<Vec<_>>()))
}
