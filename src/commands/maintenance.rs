//! `maintenance`: maintenance windows of the network.

use crate::{
    context::{self, Tenant},
    enum_arg, output,
    settings::Global,
};
use chrono::{DateTime, Utc};
use entities::{
    ids::MaintenanceId,
    maintenance::{Impact, MaintenanceType, Model},
};
use isp::network::maintenance::{self, NewWindow, State, Wanted};
use std::process::ExitCode;

/// Plan and cancel maintenance windows
///
/// Partners see them through their contract. Uses the configured database, or that of the embedded platform, whether
/// running or not.
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

/// Plan a maintenance window
#[derive(clap::Args)]
struct Plan {
    /// Short title
    #[arg(long)]
    title: String,
    /// Full description
    #[arg(long)]
    description: String,
    /// Type: firmware-upgrade, hardware-replacement, network-expansion or routine-maintenance
    #[arg(long = "type", default_value = "routine-maintenance", value_parser = enum_arg::parse::<MaintenanceType>)]
    kind: MaintenanceType,
    /// Affected area, by its common name (repeatable)
    #[arg(long = "area", required = true, value_name = "PLACE")]
    areas: Vec<String>,
    /// Service that may be interrupted (repeatable) [default: internet]
    #[arg(long = "service", value_name = "NAME")]
    services: Vec<String>,
    /// Expected impact on customers: none, minimal, moderate or significant
    #[arg(long, default_value = "minimal", value_parser = enum_arg::parse::<Impact>)]
    impact: Impact,
    /// Start, such as 2026-11-25T02:00:00Z
    #[arg(long, value_name = "TIME", value_parser = enum_arg::moment)]
    start: DateTime<Utc>,
    /// End
    #[arg(long, value_name = "TIME", value_parser = enum_arg::moment)]
    end: DateTime<Utc>,
    /// The customers have been notified
    #[arg(long)]
    notified: bool,
    #[command(flatten)]
    tenant: Tenant,
}

/// Cancel a window that has not started
#[derive(clap::Args)]
struct Cancel {
    /// Maintenance id, from `maintenance list`
    #[arg(value_name = "MAINTENANCE_ID")]
    id: MaintenanceId,
    #[command(flatten)]
    tenant: Tenant,
}

/// List scheduled and current windows, earliest first
#[derive(clap::Args)]
struct List {
    /// Number of days to look ahead
    #[arg(long, default_value_t = 90, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=3650))]
    days: u32,
    /// Include completed windows, looking back as many days
    #[arg(long)]
    completed: bool,
    #[command(flatten)]
    tenant: Tenant,
}

/// Runs the subcommand.
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
    let work = context::work(global, args.tenant).await?;
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
    let work = context::work(global, tenant).await?;
    maintenance::cancel(&work, id).await?;
    work.commit().await?;
    Ok(format!("{id} is cancelled"))
}

async fn list(args: List, global: &Global) -> anyhow::Result<String> {
    let work = context::work(global, args.tenant).await?;
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
