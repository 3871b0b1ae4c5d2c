//! `migrate`: migrates the database schema.

use crate::{
    logging, migrations, output,
    settings::{self, DataLocation, Global},
};
use anyhow::Context;
use platform::Db;
use std::process::ExitCode;

/// Migrate the database schema
///
/// Waits up to 30 seconds for a database that is still starting. Safe to run at any time, from several machines at
/// once. `up` does this automatically.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    location: DataLocation,
}

/// Migrates, and prints the applied migrations.
pub async fn run(args: Args, global: Global) -> anyhow::Result<ExitCode> {
    let loaded = settings::load(&global, args.location.overrides())?;
    logging::start_quiet(&loaded)?;
    let db = Db::open(&loaded.settings).await.context("cannot open the database")?;
    let applied = migrations::migrate(&db).await.context("cannot migrate the database schema")?;
    db.close().await.context("cannot close the database")?;
    output::print(&report(&applied))?;
    Ok(ExitCode::SUCCESS)
}

fn report(applied: &[String]) -> String {
    match applied.len() {
        0 => "the schema is already up to date".into(),
        1 => format!("the schema is up to date; applied {}", applied[0]),
        count => format!("the schema is up to date; applied {count} steps: {}", applied.join(", ")),
    }
}
