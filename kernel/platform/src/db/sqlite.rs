//! Connections to a `SQLite` file, private to its owner.

use super::Db;
use crate::{
    config::Settings,
    error::{Dependency, Error, Result},
    files,
};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr};
use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

/// The options of a pool.
pub fn options(url: &str, connections: u32, settings: &Settings) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        .idle_timeout(Duration::from_mins(1))
        .acquire_timeout(settings.database.acquire_timeout)
        .sqlx_logging(false)
        .after_connect(|connection| {
            Box::pin(async move {
                // FULL: a commit survives a power failure, not only a killed process.
                let pragmas =
                    "pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 10000;
                               pragma foreign_keys = on; pragma cache_size = -2000";
                connection.execute_unprepared(pragmas).await.map(drop)
            })
        });
    options
}

/// The database's URL: as configured, or a file in the data folder, which is created.
pub fn url(settings: &Settings) -> Result<String> {
    let fault = |file: &Path, error: io::Error| Error::internal(format!("{}: {error}", file.display()));
    if let Some(folder) = file(settings).filter(|file| file.is_dir()) {
        return Err(Error::internal(format!("{} is a folder, not a database", folder.display())));
    }
    let Some(file) = Db::file(settings) else {
        let url = &settings.database.url;
        let is_made = url.contains("mode=rwc");
        if let Some(file) = named(url).filter(|file| is_made || file.exists()) {
            private(&file).map_err(|error| fault(&file, error))?;
        }
        return Ok(url.clone());
    };
    files::private_folder(&settings.data).map_err(|error| fault(&settings.data, error))?;
    private(&file).map_err(|error| fault(&file, error))?;
    Ok(format!("sqlite://{}?mode=rwc", file.display()))
}

/// Opens a pool. The error names the file: the settings are wrong, or the file is damaged or another's.
pub async fn connect(url: &str, connections: u32, settings: &Settings) -> Result<DatabaseConnection> {
    let opened = Database::connect(options(url, connections, settings)).await;
    opened.map_err(|error| match file(settings) {
        Some(file) => located(&file, error),
        None => error.into(),
    })
}

/// The error of opening a file, with its name.
pub fn located(file: &Path, error: DbErr) -> Error {
    let named = |cause| format!("{}: {cause}", file.display());
    match error.into() {
        Error::Unavailable { what: what @ Dependency::Database, cause } => {
            Error::unavailable(what, named(cause))
        }
        Error::Unavailable { cause, .. } | Error::Internal(cause) => Error::Internal(named(cause)),
        other => other,
    }
}

/// The database's file; `None` in memory, and for PostgreSQL.
pub fn file(settings: &Settings) -> Option<PathBuf> {
    Db::file(settings).or_else(|| named(&settings.database.url))
}

/// The file of a URL; `None` in memory.
fn named(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite://")?.split('?').next()?;
    (!path.is_empty() && path != ":memory:").then(|| path.into())
}

/// Creates the file, private to its owner. `SQLite` gives the files next to it (`-wal`, `-shm`) the same permissions.
fn private(file: &Path) -> io::Result<()> {
    match files::private_file(file) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            for part in ["", "-wal", "-shm", "-socket"] {
                files::close(Path::new(&format!("{}{part}", file.display())));
            }
            Ok(())
        }
        made => made.map(drop),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_the_address_without_its_parameters() {
        for (url, file) in [
            ("sqlite:///var/lib/a.db?mode=rwc", Some("/var/lib/a.db")),
            ("sqlite://a.db", Some("a.db")),
            ("sqlite://:memory:", None),
            ("sqlite://?mode=memory", None),
            ("postgres://localhost/a", None),
        ] {
            assert_eq!(named(url), file.map(PathBuf::from), "{url}");
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_file_that_the_settings_name_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = std::env::temp_dir().join(format!("switchyard-db-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir(&folder).unwrap();
        let file = folder.join("own.db");
        let mut settings = Settings { data: folder.clone(), ..Settings::default() };
        settings.database.url = format!("sqlite://{}?mode=rwc", file.display());
        let db = Db::open(&settings).await.unwrap();
        db.migrate().await.unwrap();
        for part in ["own.db", "own.db-wal", "own.db-shm"] {
            let mode = std::fs::metadata(folder.join(part)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{part}");
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}
