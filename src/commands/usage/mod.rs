//! `usage`: what customers used, from files.

mod cells;
mod file;

use crate::{
    import_file::ImportFile,
    open::{self, Tenant},
    output,
    settings::Global,
};
use anyhow::Context;
use file::Rows;
use kernel::{
    Error, UnitOfWork,
    domain::usage::{self, Day, Source},
    error::{Fault, Faults, Field},
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

/// Rows that are committed together: others who write to the database wait for no longer than these take.
const COMMITTED: usize = 50_000;

/// Does what is asked.
pub async fn run(args: Args, global: Global) -> anyhow::Result<ExitCode> {
    let Action::Import(Import { tenant, file }) = args.action;
    let Some(path) = file.path_or_template(file::TEMPLATE)? else { return Ok(ExitCode::SUCCESS) };
    let work = open::work(&global, tenant).await?;
    let doing = || format!("cannot import {}", path.display());
    let open = || Rows::open(path, &file.map);
    let checked = check(&work, open().with_context(doing)?).await.with_context(doing)?;
    if !checked.faults.is_empty() {
        let Error::Invalid { message, faults } = checked.faults.into_error("Nothing was imported") else {
            return Ok(ExitCode::FAILURE);
        };
        for fault in faults {
            output::print_error(&fault.to_string());
        }
        output::print_error(&message);
        return Ok(ExitCode::FAILURE);
    }
    store(&work, open().with_context(doing)?).await.with_context(doing)?;
    output::print(&format!("Imported {}", output::count(checked.rows, "customer day")))?;
    Ok(ExitCode::SUCCESS)
}

#[derive(Default)]
struct Checked {
    rows: u64,
    faults: Faults,
}

/// Reads the whole file, noting its faults. Of a row nothing stays in memory but whose it is, and its day.
async fn check(work: &UnitOfWork, mut rows: Rows) -> anyhow::Result<Checked> {
    let (mut checked, mut seen) = (Checked::default(), HashSet::new());
    while let Some(batch) = rows.next()? {
        checked.rows += batch.len() as u64;
        for (at, day) in batch.days(work).await? {
            let mut faults = day.as_ref().map_or_else(Clone::clone, Day::faults);
            if day.is_ok_and(|day| !seen.insert((day.customer, day.day))) {
                faults.push(Fault::field(Field::Day, "this customer and day are there twice"));
            }
            checked
                .faults
                .extend(faults.into_iter().map(|fault| at.fault(cells::column(&fault.field), fault.message)));
        }
    }
    Ok(checked)
}

/// Keeps a file that has been checked. Broken off, it has kept some days; taken in again, it keeps them all.
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
