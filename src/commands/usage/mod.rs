//! `usage`: imports customers' usage from files.

mod cells;
mod file;

use crate::{
    context::{self, Tenant},
    import_file::{self, ImportFile, cannot_import},
    output,
    settings::Global,
};
use anyhow::Context;
use file::Rows;
use isp::usage::{self, Day, Source};
use kernel::UnitOfWork;
use platform::{
    error::{Fault, Faults, Field},
    import_file::REJECTED,
};
use std::{collections::HashSet, process::ExitCode};

/// Import customers' usage
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
}

/// Import a CSV file with one row per customer and day
///
/// The columns `customer` (id or e-mail address), `day` (2026-10-31), `downloadBytes` and `uploadBytes` are required;
/// `peakDownloadMbps`, `peakUploadMbps`, `averageDownloadMbps`, `averageUploadMbps`, `sessions`, `sessionSeconds` and
/// `outageMinutes` are optional. A row replaces the stored usage of that customer and day, so a file can be imported
/// again. If any row is invalid, its faults are reported by line and nothing is imported.
#[derive(clap::Args)]
struct Import {
    #[command(flatten)]
    tenant: Tenant,
    #[command(flatten)]
    file: ImportFile,
}

/// Rows per transaction, which bounds how long other writers wait.
const COMMITTED: usize = 50_000;

/// Runs the subcommand.
pub async fn run(args: Args, global: Global) -> anyhow::Result<ExitCode> {
    let Action::Import(Import { tenant, file }) = args.action;
    let Some(path) = file.path_or_template(file::TEMPLATE)? else { return Ok(ExitCode::SUCCESS) };
    let work = context::work(&global, tenant).await?;
    let rows = import(&work, || Rows::open(path, &file.map)).await.with_context(|| cannot_import(path))?;
    output::print(&format!("Imported {}", output::count(rows, "customer day")))?;
    Ok(ExitCode::SUCCESS)
}

/// Validates the whole file, then stores it; returns the number of rows.
async fn import(work: &UnitOfWork, open: impl Fn() -> anyhow::Result<Rows>) -> anyhow::Result<u64> {
    let checked = check(work, open()?).await?;
    if !checked.faults.is_empty() {
        return Err(import_file::error(checked.faults.into_error(REJECTED)));
    }
    store(work, open()?).await?;
    Ok(checked.rows)
}

#[derive(Default)]
struct Checked {
    rows: u64,
    faults: Faults,
}

/// Reads the whole file and collects its faults. Only the customer and day of each row stay in memory.
async fn check(work: &UnitOfWork, mut rows: Rows) -> anyhow::Result<Checked> {
    let (mut checked, mut seen) = (Checked::default(), HashSet::new());
    while let Some(batch) = rows.next()? {
        checked.rows += batch.len() as u64;
        for (at, day) in batch.days(work).await? {
            let mut faults = day.as_ref().err().cloned().unwrap_or_default();
            if day.is_ok_and(|day| !seen.insert((day.customer, day.day))) {
                faults.push(Fault::field(Field::Day, "duplicate customer and day"));
            }
            checked
                .faults
                .extend(faults.into_iter().map(|fault| at.fault(fault.field.to_string(), fault.message)));
        }
    }
    Ok(checked)
}

/// Stores a validated file. If interrupted, some days are stored; importing the file again stores the rest.
async fn store(work: &UnitOfWork, mut rows: Rows) -> anyhow::Result<()> {
    let mut days: Vec<Day> = vec![];
    loop {
        let batch = rows.next()?;
        let end = batch.is_none();
        if let Some(batch) = batch {
            let found = batch.days(work).await?.into_iter().filter_map(|(_, day)| day.ok());
            days.extend(found);
        }
        if end || days.len() >= COMMITTED {
            usage::ingest(work, Source::Import, &days).await?;
            work.commit().await?;
            days.clear();
        }
        if end {
            return Ok(());
        }
    }
}
