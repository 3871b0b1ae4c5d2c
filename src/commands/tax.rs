//! `tax`: the rates of sales tax.

use crate::{
    open::{self, Tenant},
    output,
    settings::Global,
};
use kernel::domain::invoices;
use rust_decimal::Decimal;
use std::process::ExitCode;

/// Set and list rates of sales tax
///
/// A customer in a state without a rate is not billed. Works on the database of the settings, or on that of the
/// embedded platform, running or not.
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

/// Set what is asked in a state, from the next invoice on
#[derive(clap::Args)]
struct Set {
    #[command(flatten)]
    tenant: Tenant,
    /// Two letters: `CA`
    state: String,
    /// In percent, with at most four decimals; 0 where no tax is asked: `8.25`
    percent: Decimal,
}

/// List an organization's rates
#[derive(clap::Args)]
struct List {
    #[command(flatten)]
    tenant: Tenant,
}

/// Does what is asked.
pub async fn run(args: Args, global: Global) -> anyhow::Result<ExitCode> {
    let text = match args.action {
        Action::Set(args) => set(args, &global).await,
        Action::List(args) => list(args, &global).await,
    }?;
    output::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

async fn set(Set { tenant, state, percent }: Set, global: &Global) -> anyhow::Result<String> {
    let work = open::work(global, tenant).await?;
    let rate = invoices::set_tax(&work, &state, percent).await?;
    work.commit().await?;
    Ok(format!("{} % is asked in {}", rate.percent, rate.state))
}

async fn list(List { tenant }: List, global: &Global) -> anyhow::Result<String> {
    let work = open::work(global, tenant).await?;
    let rates = invoices::taxes(work.kernel.db.reader(), work.actor.organization).await?;
    let head = ["STATE", "PERCENT", "SINCE"].map(str::to_owned);
    let rows = rates.into_iter().map(|rate| [rate.state, rate.percent, output::time(rate.updated_at)]);
    Ok(output::table(&std::iter::once(head).chain(rows).collect::<Vec<_>>()))
}
