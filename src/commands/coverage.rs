//! `coverage`: imports and lists OLTs and service areas.

use crate::{
    context::{self, Tenant},
    enum_arg,
    import_file::{self, ImportFile, cannot_import},
    output,
    settings::Global,
};
use anyhow::Context;
use entities::service_area;
use isp::coverage::{self, Counts, Coverage, Imported, Olt};
use kernel::UnitOfWork;
use platform::import_file::{ColumnName, renamed};
use std::{collections::HashMap, path::Path, process::ExitCode};

/// Manage the coverage: OLTs, service areas and ONTs
///
/// Uses the configured database, or that of the embedded platform, whether running or not.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    Import(Import),
    List(List),
}

/// Import OLTs, areas and ONTs from a CSV file, all of it or nothing
///
/// One row per OLT, area or ONT, by the column `kind`: see docs/coverage.md. Importing a file again changes nothing;
/// objects that the file does not name stay unchanged. Exits with 1 if nothing was written.
#[derive(clap::Args)]
struct Import {
    #[command(flatten)]
    file: ImportFile,
    /// Validate and count, but write nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    tenant: Tenant,
}

/// The template.
const TEMPLATE: &str = "\
kind,id,name,region,olt,serial,city,state,zip,lat,lng,radius_miles,plans,install_days,status,reason
olt,olt_esc_001,Escondido Main,Escondido,,,,,,33.1192,-117.0864,5,,,,
area,,Escondido,,olt_esc_001,,Escondido,CA,92025 92026,33.1292,-117.0864,,,5,,
";

/// List an organization's OLTs and areas
#[derive(clap::Args)]
struct List {
    #[command(flatten)]
    tenant: Tenant,
}

/// Runs the subcommand.
pub async fn run(args: Args, global: Global) -> anyhow::Result<ExitCode> {
    match args.action {
        Action::Import(args) => import(args, &global).await,
        Action::List(args) => list(args, &global).await,
    }
}

async fn import(args: Import, global: &Global) -> anyhow::Result<ExitCode> {
    let Some(path) = args.file.path_or_template(TEMPLATE)? else { return Ok(ExitCode::SUCCESS) };
    let work = context::work(global, args.tenant).await?;
    let imported = import_path(&work, path, &args.file.map).await.with_context(|| cannot_import(path))?;
    if args.dry_run {
        work.rollback().await?;
    } else {
        work.commit().await?;
    }
    output::print(&summary(&imported, args.dry_run))?;
    Ok(ExitCode::SUCCESS)
}

async fn import_path(work: &UnitOfWork, path: &Path, names: &[ColumnName]) -> anyhow::Result<Imported> {
    let file = renamed(import_file::open(path)?, names)?;
    coverage::import(work, file).await.map_err(import_file::error)
}

fn summary(imported: &Imported, dry_run: bool) -> String {
    let head = ["", "ADDED", "CHANGED", "AS BEFORE"].map(str::to_owned);
    let row = |name: &str, counts: Counts| {
        let Counts { added, changed, same } = counts;
        [name.to_owned(), added.to_string(), changed.to_string(), same.to_string()]
    };
    let rows = [head, row("OLTs", imported.olts), row("areas", imported.areas), row("ONTs", imported.onts)];
    let table = output::table(&rows);
    if dry_run { format!("{table}\nDry run: nothing was written") } else { table }
}

async fn list(args: List, global: &Global) -> anyhow::Result<ExitCode> {
    let work = context::work(global, args.tenant).await?;
    let Coverage { olts, areas } = coverage::list(&work.kernel, work.actor.organization).await?;
    let codes = olts.iter().map(|olt| (olt.record.id, olt.record.code.clone())).collect::<HashMap<_, _>>();
    let head = ["OLT", "NAME", "REGION", "MILES", "ONTS", "FREE", "STATE"].map(str::to_owned);
    let rows: Vec<_> = std::iter::once(head).chain(olts.into_iter().map(olt)).collect();
    let olts = output::table(&rows);
    let head = ["AREA", "PLACE", "REGION", "OLT", "DAYS", "STATE", "PLANS"].map(str::to_owned);
    let area = |area| {
        let code = |area: &service_area::Model| codes.get(&area.olt_id).cloned().unwrap_or_default();
        row(code(&area), area)
    };
    let rows: Vec<_> = std::iter::once(head).chain(areas.into_iter().map(area)).collect();
    output::print(&format!("{olts}\n\n{}", output::table(&rows)))?;
    Ok(ExitCode::SUCCESS)
}

fn olt(Olt { record, onts, free }: Olt) -> [String; 7] {
    let (miles, state) = (record.radius_miles.to_string(), enum_arg::shown(&record.status));
    [record.code, record.name, record.region, miles, onts.to_string(), free.to_string(), state]
}

fn row(olt: String, area: service_area::Model) -> [String; 7] {
    let parts = [area.city, format!("{} {}", area.state, area.zip).trim_end().to_owned()];
    let place = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
    let plans = if area.plans.0.is_empty() { "all".into() } else { area.plans.0.join(" ") };
    let (days, state) = (area.install_days.to_string(), enum_arg::shown(&area.status));
    [area.name, place, area.region, olt, days, state, plans]
}
