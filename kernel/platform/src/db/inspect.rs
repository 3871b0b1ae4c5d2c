//! The state of an SQLite file, without opening it for writing.

use super::sqlite;
use crate::{
    config::Settings,
    error::{Error, Result},
};
use sea_orm::{ConnectOptions, Database};
use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

/// How each SQLite database begins.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// What the configured SQLite file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SqliteFile {
    /// Not configured.
    Unused,
    /// It does not exist.
    Missing(PathBuf),
    /// An empty file, or a database without tables.
    Empty(PathBuf),
    /// No database, or one of another program, for this reason.
    Foreign(String),
    /// A database with a schema of ours, of any version.
    Ours,
}

/// Looks at the configured SQLite file. Writes nothing: no file is created, changed or made private.
pub async fn inspect(settings: &Settings) -> Result<SqliteFile> {
    let Some(file) = sqlite::file(settings) else { return Ok(SqliteFile::Unused) };
    let shown = file.display();
    if !file.exists() {
        return Ok(SqliteFile::Missing(file));
    }
    if file.is_dir() {
        return Ok(SqliteFile::Foreign(format!("{shown} is a folder, not a database")));
    }
    // A process has it open, or was killed: its tables may be in the log alone.
    if PathBuf::from(format!("{shown}-wal")).metadata().is_ok_and(|log| log.len() > 0) {
        return Ok(SqliteFile::Ours);
    }
    let begins = beginning(&file).map_err(|error| Error::internal(format!("{shown}: {error}")))?;
    match begins.as_slice() {
        [] => Ok(SqliteFile::Empty(file)),
        MAGIC => tables(&file).await,
        _ => Ok(SqliteFile::Foreign(format!("{shown} is not an SQLite database"))),
    }
}

fn beginning(file: &Path) -> std::io::Result<Vec<u8>> {
    let mut found = vec![];
    File::open(file)?.take(MAGIC.len() as u64).read_to_end(&mut found)?;
    Ok(found)
}

async fn tables(file: &Path) -> Result<SqliteFile> {
    let mut options = ConnectOptions::new(format!("sqlite://{}?mode=ro&immutable=true", file.display()));
    options.max_connections(1).sqlx_logging(false);
    let db = Database::connect(options).await.map_err(|error| sqlite::located(file, error))?;
    let owner = migration::owner(&db).await.map_err(|error| sqlite::located(file, error))?;
    db.close().await?;
    Ok(match owner {
        migration::Owner::Nobody => SqliteFile::Empty(file.to_owned()),
        migration::Owner::Ours => SqliteFile::Ours,
        migration::Owner::Other(names) => SqliteFile::Foreign(format!(
            "{} belongs to another program, which has {}",
            file.display(),
            names.join(", ")
        )),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Db;
    use sea_orm::ConnectionTrait;
    use std::fs;

    #[tokio::test]
    async fn a_file_is_looked_at_and_stays_as_it_is() {
        use std::os::unix::fs::PermissionsExt;
        let folder = std::env::temp_dir().join(format!("switchyard-inspect-{}", uuid::Uuid::now_v7()));
        fs::create_dir(&folder).unwrap();
        let file = folder.join("switchyard.db");
        let settings = Settings { data: folder.clone(), ..Settings::default() };
        assert_eq!(inspect(&settings).await.unwrap(), SqliteFile::Missing(file.clone()));
        for (content, is_empty) in [("", true), ("a letter to a friend", false)] {
            fs::write(&file, content).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
            let found = inspect(&settings).await.unwrap();
            assert_eq!(matches!(found, SqliteFile::Empty(_)), is_empty, "{found:?}");
            assert_eq!(matches!(found, SqliteFile::Foreign(_)), !is_empty, "{found:?}");
            assert_eq!(fs::read_to_string(&file).unwrap(), content);
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o644);
            assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        }
        fs::remove_file(&file).unwrap();
        let db = Db::open(&settings).await.unwrap();
        db.migrate().await.unwrap();
        db.close().await.unwrap();
        assert_eq!(inspect(&settings).await.unwrap(), SqliteFile::Ours);
        fs::remove_file(&file).unwrap();
        let db = Db::open(&settings).await.unwrap();
        db.writer().execute_unprepared("create table customers (id integer)").await.unwrap();
        db.close().await.unwrap();
        let SqliteFile::Foreign(why) = inspect(&settings).await.unwrap() else { panic!("it is taken") };
        assert!(why.ends_with("another program, which has customers"), "{why}");
        fs::remove_dir_all(folder).unwrap();
    }

    #[tokio::test]
    async fn a_file_that_cannot_be_opened_is_named() {
        let folder = std::env::temp_dir().join(format!("switchyard-open-{}", uuid::Uuid::now_v7()));
        fs::create_dir_all(folder.join("switchyard.db")).unwrap();
        let settings = Settings { data: folder.clone(), ..Settings::default() };
        let refused = Db::open(&settings).await.unwrap_err().to_string();
        assert!(refused.contains("switchyard.db is a folder"), "{refused}");
        fs::remove_dir(folder.join("switchyard.db")).unwrap();
        fs::write(folder.join("switchyard.db"), "a letter to a friend, and not a database at all").unwrap();
        let refused = Db::open(&settings).await.unwrap_err().to_string();
        assert!(refused.contains("switchyard.db: ") && refused.contains("not a database"), "{refused}");
        fs::remove_dir_all(folder).unwrap();
    }
}
