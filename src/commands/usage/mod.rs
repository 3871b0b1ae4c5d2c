//! `usage`: what customers used, from files.

mod cells;
mod file;

use crate::{
    open::{self, Tenant},
    output,
    settings::Global,
};
use anyhow::Context;
use file::Rows;
use indicatif::HumanCount;
use kernel::{
    Work,
    domain::usage::{self, Day, Source},
};
use std::{collections::HashSet, path::PathBuf, process::ExitCode};

/// Keep what customers used
///
/// Works on the database of the settings, or on that of the embedded platform, running or not.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    Import(Import),
}

/// Take in a CSV file, a row a customer and day
///
/// The columns `customer` (id or e-mail address), `day` (2026-10-31), `downloadBytes` and `uploadBytes` have to be
/// there; `peakDownloadMbps`, `peakUploadMbps`, `averageDownloadMbps`, `averageUploadMbps`, `sessions`,
/// `sessionSeconds` and `outageMinutes` may. A row replaces what is kept of that customer and day, so that a file can
/// be taken in again. When any row is bad, all faults are told and nothing is kept.
#[derive(clap::Args)]
struct Import {
    #[command(flatten)]
    tenant: Tenant,
    /// The file
    file: PathBuf,
}

/// Rows that are read, looked up and checked together.
const BATCH: usize = 5000;

/// Rows that are committed together: others who write to the database wait for no longer than these take.
const COMMITTED: usize = 50_000;

/// Does what is asked.
pub async fn run(args: Args, global: Global) -> anyhow::Result<ExitCode> {
    let Action::Import(args) = args.action;
    let work = open::work(&global, args.tenant).await?;
    let doing = || format!("cannot import {}", args.file.display());
    let checked = check(&work, &args.file).await.with_context(doing)?;
    if checked.faults > 0 {
        output::print_error(&format!("{} faults; nothing was kept", HumanCount(checked.faults)));
        return Ok(ExitCode::FAILURE);
    }
    store(&work, &args.file).await.with_context(doing)?;
    output::print(&format!("Kept {} days of customers", HumanCount(checked.rows)))?;
    Ok(ExitCode::SUCCESS)
}

#[derive(Default)]
struct Checked {
    rows: u64,
    faults: u64,
}

/// Reads the whole file, telling every fault. Of a row nothing stays in memory but whose it is, and its day.
async fn check(work: &Work, file: &std::path::Path) -> anyhow::Result<Checked> {
    let (mut rows, mut checked, mut seen) = (Rows::open(file)?, Checked::default(), HashSet::new());
    while let Some(batch) = rows.next(BATCH)? {
        checked.rows += batch.len() as u64;
        for (line, day) in batch.days(work).await? {
            let mut faults = day.as_ref().map_or_else(Clone::clone, Day::faults);
            if day.is_ok_and(|day| !seen.insert((day.customer, day.day))) {
                faults.push(kernel::error::Fault::field("day", "this customer and day are there twice"));
            }
            for fault in &faults {
                output::print_error(&format!("line {line}, {}: {}", fault.field, fault.message));
            }
            checked.faults += faults.len() as u64;
        }
    }
    Ok(checked)
}

/// Keeps a file that has been checked. Broken off, it has kept some days; taken in again, it keeps them all.
async fn store(work: &Work, file: &std::path::Path) -> anyhow::Result<()> {
    let mut rows = Rows::open(file)?;
    let mut days: Vec<Day> = vec![];
    loop {
        let batch = rows.next(BATCH)?;
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
