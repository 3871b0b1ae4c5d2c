//! `organization`: what holds for all that an organization has.

use crate::{
    open::{self, Tenant},
    output,
    settings::Global,
};
use anyhow::Context;
use entities::organization;
use kernel::domain::{charges::Zone, organizations};
use sea_orm::EntityTrait;
use std::process::ExitCode;

/// Say what holds for all that an organization has
///
/// Works on the database of the settings, or on that of the embedded platform, running or not.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    TimeZone(TimeZone),
}

/// Set the time zone by which months begin and end
///
/// Months that have been invoiced stay as they are.
#[derive(clap::Args)]
struct TimeZone {
    /// Its IANA name, such as `America/New_York`; at first it is UTC
    zone: Zone,
    #[command(flatten)]
    tenant: Tenant,
}

/// Does what is asked.
pub async fn run(args: Args, global: Global) -> anyhow::Result<ExitCode> {
    let Action::TimeZone(TimeZone { zone, tenant }) = args.action;
    let work = open::work(&global, tenant).await?;
    let found =
        organization::Entity::find_by_id(work.actor.organization).one(work.kernel.db.reader()).await?;
    let found = found.context("there is no such organization")?;
    organizations::set_time_zone(&work, &found, &zone).await?;
    work.commit().await?;
    output::print(&format!("The months of {} are those of {zone}", found.name))?;
    Ok(ExitCode::SUCCESS)
}
