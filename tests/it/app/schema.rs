//! Databases with the current schema, copied from one migrated once per test run: each migration took half a second
//! with SQLite and more than one with PostgreSQL.

use anyhow::{Context, Result, anyhow, ensure};
use harness::Postgres;
use platform::{Db, config::Settings};
use std::{path::Path, process::Command, sync::LazyLock};

/// Returns the URL of a new database of the shared server.
pub(super) fn database(shared: &Postgres) -> Result<String> {
    static TEMPLATE: LazyLock<Result<String>> = LazyLock::new(|| {
        let url = harness::shared().postgres.create_database()?;
        migrate(tempfile::tempdir()?.path(), &[("DATABASE_URL", &url)])?;
        Ok(url.rsplit('/').next().context("no name")?.to_owned())
    });
    shared.copy_database(once(&TEMPLATE)?)
}

/// Copies a database into the empty folder of an embedded platform; does nothing with a database server.
pub(super) fn place(settings: &Settings) -> Result<()> {
    static TEMPLATE: LazyLock<Result<Vec<u8>>> = LazyLock::new(|| {
        let folder = tempfile::tempdir()?;
        migrate(folder.path(), &[])?;
        // Copies would lack the content of the log.
        ensure!(!folder.path().join("switchyard.db-wal").exists(), "the command did not close the database");
        Ok(std::fs::read(folder.path().join("switchyard.db"))?)
    });
    match Db::file(settings) {
        Some(file) => Ok(std::fs::write(file, once(&TEMPLATE)?)?),
        None => Ok(()),
    }
}

fn once<T>(template: &'static LazyLock<Result<T>>) -> Result<&'static T> {
    LazyLock::force(template).as_ref().map_err(|error| anyhow!("no template: {error:#}"))
}

/// Runs the migrating command to its end, so that no connection is open and no file remains beside the database.
fn migrate(data: &Path, more: &[(&str, &str)]) -> Result<()> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_switchyard"));
    command.arg("migrate").env_clear().env("SWITCHYARD_DATA", data).env("SWITCHYARD_SECRETS_KEY", super::KEY);
    let output = command.envs(more.iter().copied()).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
