//! `outage`: network outages.

use crate::{
    context::{self, Tenant},
    enum_arg, output,
    settings::Global,
};
use chrono::{DateTime, Utc};
use entities::{
    ids::OutageId,
    outage::{Model, OutageStatus, OutageType, Severity},
};
use isp::network::outages::{self, Filter, NewOutage, OutageUpdate};
use sea_orm::ActiveEnum;
use std::process::ExitCode;

/// Report, update and resolve network outages
///
/// Partners see them through their contract and get webhooks (outage.detected, outage.resolved). Uses the configured
/// database, or that of the embedded platform, whether running or not.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    Open(Open),
    Update(Update),
    Resolve(Resolve),
    List(List),
}

/// Report an outage; affected customers are counted by ZIP code
#[derive(clap::Args)]
struct Open {
    /// Short title
    #[arg(long)]
    title: String,
    /// Full description
    #[arg(long)]
    description: String,
    /// Affected area, by its common name (repeatable)
    #[arg(long = "area", required = true, value_name = "PLACE")]
    areas: Vec<String>,
    /// Affected ZIP code, five digits (repeatable or comma-separated)
    #[arg(long = "zip", required = true, value_delimiter = ',', value_name = "ZIP")]
    zips: Vec<String>,
    /// Affected service (repeatable) [default: internet]
    #[arg(long = "service", value_name = "NAME")]
    services: Vec<String>,
    /// Severity: low, medium, high (no service) or critical
    #[arg(long, default_value = "medium", value_parser = enum_arg::parse::<Severity>)]
    severity: Severity,
    /// Type: planned or unplanned
    #[arg(long = "type", default_value = "unplanned", value_parser = enum_arg::parse::<OutageType>)]
    kind: OutageType,
    /// Start, such as 2026-11-21T08:15:00Z [default: now]
    #[arg(long, value_name = "TIME", value_parser = enum_arg::moment)]
    started: Option<DateTime<Utc>>,
    /// Estimated time of resolution
    #[arg(long, value_name = "TIME", value_parser = enum_arg::moment)]
    estimate: Option<DateTime<Utc>>,
    #[command(flatten)]
    tenant: Tenant,
}

/// Add an update to an outage and recount its customers
#[derive(clap::Args)]
struct Update {
    /// Its id, from `outage list`
    #[arg(value_name = "OUTAGE_ID")]
    id: OutageId,
    /// Text of the update
    #[arg(long)]
    message: String,
    /// New status: investigating, identified or monitoring [default: unchanged]
    #[arg(long, value_parser = unresolved)]
    status: Option<OutageStatus>,
    /// New severity: low, medium, high or critical [default: unchanged]
    #[arg(long, value_parser = enum_arg::parse::<Severity>)]
    severity: Option<Severity>,
    /// Estimated time of resolution [default: unchanged]
    #[arg(long, value_name = "TIME", value_parser = enum_arg::moment)]
    estimate: Option<DateTime<Utc>>,
    #[command(flatten)]
    signed: Signed,
}

/// Resolve an outage
#[derive(clap::Args)]
struct Resolve {
    /// Its id, from `outage list`
    #[arg(value_name = "OUTAGE_ID")]
    id: OutageId,
    /// Text of the final update
    #[arg(long, default_value = "The service is restored")]
    message: String,
    #[command(flatten)]
    signed: Signed,
}

/// The author and the organization.
#[derive(clap::Args)]
struct Signed {
    /// Author, as partners see it
    #[arg(long, default_value = "Network operations", value_name = "NAME")]
    author: String,
    #[command(flatten)]
    tenant: Tenant,
}

/// List outages, newest first
#[derive(clap::Args)]
struct List {
    /// Filter by status: investigating, identified, monitoring or resolved
    #[arg(long, value_parser = enum_arg::parse::<OutageStatus>)]
    status: Option<OutageStatus>,
    /// Maximum number of rows
    #[arg(long, default_value_t = 20, value_name = "COUNT")]
    limit: u64,
    #[command(flatten)]
    tenant: Tenant,
}

/// A status that does not end an outage: `resolve` does.
fn unresolved(text: &str) -> Result<OutageStatus, String> {
    match enum_arg::parse(text)? {
        OutageStatus::Resolved => Err("use `outage resolve` to resolve an outage".into()),
        status => Ok(status),
    }
}

/// Runs the subcommand.
pub async fn run(args: Args, global: Global) -> anyhow::Result<ExitCode> {
    let text = match args.action {
        Action::Open(args) => open(args, &global).await,
        Action::Update(args) => update(args, &global).await,
        Action::Resolve(args) => resolve(args, &global).await,
        Action::List(args) => list(args, &global).await,
    }?;
    output::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

async fn open(args: Open, global: &Global) -> anyhow::Result<String> {
    let work = context::work(global, args.tenant).await?;
    let new = NewOutage {
        kind: args.kind,
        severity: args.severity,
        title: args.title,
        description: args.description,
        areas: args.areas,
        services: args.services,
        zips: args.zips,
        started_at: args.started,
        estimated_resolution: args.estimate,
    };
    let outage = outages::open(&work, new).await?;
    work.commit().await?;
    Ok(format!("{} is open; {} are affected", outage.id, customers(&outage)))
}

async fn update(args: Update, global: &Global) -> anyhow::Result<String> {
    let Update { id, message, status, severity, estimate, signed } = args;
    let news =
        OutageUpdate { message, author: signed.author, status, severity, estimated_resolution: estimate };
    let outage = apply_update(id, news, signed.tenant, global).await?;
    Ok(format!("{id} is {}; {} are affected", enum_arg::shown(&outage.status), customers(&outage)))
}

async fn resolve(Resolve { id, message, signed }: Resolve, global: &Global) -> anyhow::Result<String> {
    let status = Some(OutageStatus::Resolved);
    let news =
        OutageUpdate { message, author: signed.author, status, severity: None, estimated_resolution: None };
    apply_update(id, news, signed.tenant, global).await?;
    Ok(format!("{id} is resolved"))
}

async fn apply_update(
    id: OutageId,
    news: OutageUpdate,
    tenant: Tenant,
    global: &Global,
) -> anyhow::Result<Model> {
    let work = context::work(global, tenant).await?;
    let outage = outages::update(&work, id, news).await?;
    work.commit().await?;
    Ok(outage)
}

async fn list(args: List, global: &Global) -> anyhow::Result<String> {
    let work = context::work(global, args.tenant).await?;
    let filter = Filter { status: args.status, kind: None };
    let found = outages::list(&work.kernel, work.actor.organization, filter, 1, args.limit).await?;
    let head = ["ID", "BEGAN", "STATUS", "SEVERITY", "CUSTOMERS", "TITLE"].map(str::to_owned);
    let rows: Vec<_> = std::iter::once(head).chain(found.items.iter().map(row)).collect();
    Ok(output::table(&rows))
}

fn row(outage: &Model) -> [String; 6] {
    [
        outage.id.to_string(),
        output::time(outage.started_at),
        outage.status.to_value(),
        outage.severity.to_value(),
        outage.affected_zips.total().to_string(),
        outage.title.clone(),
    ]
}

fn customers(outage: &Model) -> String {
    output::count(outage.affected_zips.total(), "customer")
}

#[cfg(test)]
mod tests {
    use super::unresolved;
    use entities::outage::OutageStatus;

    #[test]
    fn an_update_ends_nothing() {
        assert_eq!(unresolved("monitoring"), Ok(OutageStatus::Monitoring));
        assert!(unresolved("resolved").is_err_and(|text| text.contains("outage resolve")));
    }
}
