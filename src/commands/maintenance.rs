//! `maintenance`: windows for planned work on the network, for partners to read.

use crate::{
    open::{self, Tenant},
    output,
    settings::Global,
    word,
};
use chrono::{DateTime, Utc};
use entities::{
    ids::MaintenanceId,
    maintenance::{Impact, MaintenanceType, Model},
};
use kernel::domain::network::maintenance::{self, NewWindow, State, Wanted};
use std::process::ExitCode;

/// Plan windows for work on the network, and call them off
///
/// Partners read them in their contract. Works on the database of the settings, or on that of the embedded
/// platform, running or not.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    Plan(Plan),
    Cancel(Cancel),
    List(List),
}

/// Plan a window
#[derive(clap::Args)]
struct Plan {
    /// What is done, in a few words
    #[arg(long)]
    title: String,
    /// What is done, in some more
    #[arg(long)]
    description: String,
    /// firmware-upgrade, hardware-replacement, network-expansion or routine-maintenance
    #[arg(long = "type", default_value = "routine-maintenance", value_parser = word::parse::<MaintenanceType>)]
    kind: MaintenanceType,
    /// A place where it is, as people call it; can be given several times
    #[arg(long = "area", required = true, value_name = "PLACE")]
    areas: Vec<String>,
    /// A service that may be interrupted; can be given several times [default: internet]
    #[arg(long = "service", value_name = "NAME")]
    services: Vec<String>,
    /// What customers will notice: none, minimal, moderate or significant
    #[arg(long, default_value = "minimal", value_parser = word::parse::<Impact>)]
    impact: Impact,
    /// When it begins, such as 2026-11-25T02:00:00Z
    #[arg(long, value_name = "TIME", value_parser = word::moment)]
    start: DateTime<Utc>,
    /// When it ends
    #[arg(long, value_name = "TIME", value_parser = word::moment)]
    end: DateTime<Utc>,
    /// The customers have been told of it
    #[arg(long)]
    notified: bool,
    #[command(flatten)]
    tenant: Tenant,
}

/// Call a window off that has not begun
#[derive(clap::Args)]
struct Cancel {
    /// Its id, from `maintenance list`
    #[arg(value_name = "MAINTENANCE_ID")]
    id: MaintenanceId,
    #[command(flatten)]
    tenant: Tenant,
}

/// List windows, the earliest first: those to come and those under way
#[derive(clap::Args)]
struct List {
    /// How many days to look ahead
    #[arg(long, default_value_t = 90, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=3650))]
    days: u32,
    /// Also those that are over, as many days back
    #[arg(long)]
    completed: bool,
    #[command(flatten)]
    tenant: Tenant,
}

/// Does what is asked.
pub async fn run(args: Args, global: Global) -> anyhow::Result<ExitCode> {
    let text = match args.action {
        Action::Plan(args) => plan(args, &global).await,
        Action::Cancel(args) => cancel(args, &global).await,
        Action::List(args) => list(args, &global).await,
    }?;
    output::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

async fn plan(args: Plan, global: &Global) -> anyhow::Result<String> {
    let work = open::work(global, args.tenant).await?;
    let new = NewWindow {
        kind: args.kind,
        title: args.title,
        description: args.description,
        areas: args.areas,
        services: args.services,
        impact: args.impact,
        starts_at: args.start,
        ends_at: args.end,
        notification_sent: args.notified,
    };
    let window = maintenance::plan(&work, new).await?;
    work.commit().await?;
    let [start, end] = [window.starts_at, window.ends_at].map(output::time);
    Ok(format!("{} is planned, from {start} to {end}", window.id))
}

async fn cancel(Cancel { id, tenant }: Cancel, global: &Global) -> anyhow::Result<String> {
    let work = open::work(global, tenant).await?;
    maintenance::cancel(&work, id).await?;
    work.commit().await?;
    Ok(format!("{id} is cancelled"))
}

async fn list(args: List, global: &Global) -> anyhow::Result<String> {
    let work = open::work(global, args.tenant).await?;
    let wanted = Wanted { state: None, completed: args.completed, days: args.days };
    let schedule = maintenance::list(&work.kernel, work.actor.organization, wanted).await?;
    let head = ["ID", "BEGINS", "ENDS", "STATE", "TITLE"].map(str::to_owned);
    let rows: Vec<_> = std::iter::once(head).chain(schedule.windows.iter().map(row)).collect();
    Ok(output::table(&rows))
}

fn row((window, state): &(Model, State)) -> [String; 5] {
    let state = match state {
        State::Scheduled => "SCHEDULED",
        State::InProgress => "IN_PROGRESS",
        State::Completed => "COMPLETED",
        State::Cancelled => "CANCELLED",
    };
    let [start, end] = [window.starts_at, window.ends_at].map(output::time);
    [window.id.to_string(), start, end, state.to_owned(), window.title.clone()]
}
