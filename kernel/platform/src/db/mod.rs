//! Connections to the database: PostgreSQL, or SQLite with one writer.

pub mod clock;
mod generic_plan;
mod generic_plan_pg;
mod inspect;
mod postgres;
mod sqlite;
mod transaction;

pub use generic_plan::{GenericPlanConnection, GenericPlanStatement};
pub use generic_plan_pg::GenericPlanPool;
pub use inspect::{SqliteFile, inspect};
pub use postgres::{check_files, secured};
pub use transaction::{Transaction, assert_none_open};

use crate::{
    config::Settings,
    error::{Error, Result},
};
use migration::MigratorTrait;
use sea_orm::{
    ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    SqliteTransactionMode, TransactionOptions, TransactionTrait, metric,
};
use std::{path::PathBuf, sync::Arc};

/// Handles to the database. Cheap to clone.
///
/// SQLite takes one writer at a time: with a single writing connection, writers wait in the pool's fair
/// queue instead of meeting `database is locked`. With PostgreSQL reader and writer are one pool.
#[derive(Clone, Debug)]
pub struct Db {
    reader: DatabaseConnection,
    writer: DatabaseConnection,
    generic_plans: GenericPlanPool,
    generic_plans_reader: GenericPlanPool,
    /// For error messages.
    place: Arc<str>,
}

/// Maximum number of connections of [`Db::generic_plans`].
const GENERIC_PLAN_CONNECTIONS: u32 = 8;

impl Db {
    /// Opens the configured database. PostgreSQL need not be available yet; SQLite's file is created.
    pub async fn open(settings: &Settings) -> Result<Self> {
        let url = &settings.database.url;
        if postgres::is_postgres(url) {
            check_files("database.url", url)?;
            let max = u32::try_from(settings.database.max_connections).unwrap_or(u32::MAX);
            let pool = Database::connect(postgres::options(settings, max, postgres::CUSTOM_PLANS)).await?;
            let keeping = postgres::options(settings, GENERIC_PLAN_CONNECTIONS, postgres::GENERIC_PLANS);
            let generic_plans = GenericPlanPool::new(Database::connect(keeping).await?);
            return Ok(Self {
                reader: pool.clone(),
                writer: pool,
                generic_plans_reader: generic_plans.clone(),
                generic_plans,
                place: postgres::place(url).into(),
            });
        }
        let url = sqlite::url(settings)?;
        let writer = sqlite::connect(&url, 1, settings).await?;
        let reader = sqlite::connect(&url, 4, settings).await?;
        let [generic_plans, generic_plans_reader] =
            [&writer, &reader].map(|db| GenericPlanPool::new(db.clone()));
        Ok(Self { reader, writer, generic_plans, generic_plans_reader, place: "SQLite".into() })
    }

    /// The file of an embedded platform, whether it exists or not; `None` if a database is configured.
    pub fn file(settings: &Settings) -> Option<PathBuf> {
        settings.database.url.is_empty().then(|| settings.data.join("switchyard.db"))
    }

    /// The socket next to an SQLite file, on which a platform is notified of writes by others; `None` for other
    /// databases.
    pub fn socket(settings: &Settings) -> Option<PathBuf> {
        let file = sqlite::file(settings)?;
        Some(format!("{}-socket", file.display()).into())
    }

    /// Sets a callback for completed statements, with their text. Handles cloned before are not affected.
    pub fn listen(&mut self, on_statement: impl Fn(&str) + Clone + Send + Sync + 'static) {
        let on_statement = move |made: &metric::Info<'_>| on_statement(&made.statement.sql);
        for db in [&mut self.reader, &mut self.writer] {
            db.set_metric_callback(on_statement.clone());
        }
        for pool in [&mut self.generic_plans, &mut self.generic_plans_reader] {
            pool.listen(on_statement.clone());
        }
    }

    /// For statements that only read.
    pub const fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// For single statements that write.
    pub const fn writer(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// For single statements with a cached plan: run hundreds of times a second, or with hundreds of rows.
    pub const fn generic_plans(&self) -> &GenericPlanPool {
        &self.generic_plans
    }

    /// [`Self::generic_plans`], for read-only statements.
    pub const fn generic_plans_reader(&self) -> &GenericPlanPool {
        &self.generic_plans_reader
    }

    /// Begins a transaction that will write.
    pub async fn begin(&self) -> Result<Transaction, DbErr> {
        begin(&self.writer).await
    }

    /// Begins a write transaction on a connection that caches plans. All its statements must meet the conditions of
    /// [`GenericPlanStatement`]; the test `what_looks_rows_up_is_led_to_their_index` explains those of batches of
    /// installations.
    pub async fn begin_generic_plans(&self) -> Result<Transaction, DbErr> {
        begin(self.generic_plans.db()).await
    }

    /// Migrates the schema. Safe to run concurrently. `Conflict`, without effect, for a database with tables of another
    /// program that have names of ours.
    pub async fn migrate(&self) -> Result<()> {
        let migrated = async {
            let _guard = MigrationLock::take(&self.writer).await?;
            let conflicts = migration::conflicts(&self.writer).await?;
            if conflicts.is_empty() {
                migration::Migrator::up(&self.writer, None).await?;
            }
            Ok(conflicts)
        };
        let conflicts = migrated.await.map_err(|error| self.located(error))?;
        if conflicts.is_empty() {
            return Ok(());
        }
        let message = format!(
            "the database belongs to another program, which has {}: use a database of its own for switchyard",
            conflicts.join(", ")
        );
        Err(Error::Conflict { message, field: None })
    }

    /// Closes all connections. The last one of an SQLite database checkpoints and removes the write-ahead log.
    pub async fn close(&self) -> Result<(), DbErr> {
        for pool in [&self.generic_plans, &self.generic_plans_reader] {
            pool.close().await?;
        }
        self.reader.close_by_ref().await?;
        self.writer.close_by_ref().await
    }

    /// The number of this process's connections.
    pub fn connections(&self) -> Connections {
        let pools = if self.writer.get_database_backend() == DbBackend::Postgres {
            [(&self.writer, 0), (self.generic_plans.db(), self.generic_plans.waiting())].map(
                |(db, waiting)| {
                    let pool = db.get_postgres_connection_pool();
                    let idle = pool.num_idle() + waiting;
                    Connections::of(pool.size(), idle, pool.options().get_max_connections())
                },
            )
        } else {
            [&self.reader, &self.writer].map(|db| {
                let pool = db.get_sqlite_connection_pool();
                Connections::of(pool.size(), pool.num_idle(), pool.options().get_max_connections())
            })
        };
        let [Connections { used, idle, max }, more] = pools;
        Connections { used: used + more.used, idle: idle + more.idle, max: max + more.max }
    }

    /// The names of pending migrations; read-only.
    pub async fn pending(&self) -> Result<Vec<String>> {
        let steps = migration::Migrator::get_pending_migrations_read_only(&self.reader).await;
        let steps = steps.map_err(|error| self.located(error))?;
        Ok(steps.iter().map(|step| step.name().to_owned()).collect())
    }

    /// Checks that the database responds.
    pub async fn ping(&self) -> Result<()> {
        self.reader.execute_unprepared("select 1").await.map_err(|error| self.located(error))?;
        Ok(())
    }

    /// The server, for operators: version, address, and whether TLS is used.
    pub async fn status(&self) -> Result<String> {
        if self.reader.get_database_backend() != DbBackend::Postgres {
            return self.ping().await.map(|()| self.place.to_string());
        }
        let version = postgres::version(&self.reader).await.map_err(|error| self.located(error))?;
        Ok(format!("{version} at {}", self.place))
    }

    /// The error, with the database's address if it is unavailable, and an explanation if it has migrations unknown to
    /// this version.
    fn located(&self, error: DbErr) -> Error {
        if let DbErr::Custom(text) = &error
            && text.contains("this migration has been applied but its file is missing")
        {
            let message = if text.contains(migration::BEFORE_THE_FIRST_RELEASE) {
                "the database was created before 30 November 2026 and cannot be migrated: create a new one (CHANGELOG.md)"
            } else {
                "the database was migrated by a later version of switchyard: use that version, or restore a backup"
            };
            return Error::Conflict { message: message.into(), field: None };
        }
        match error.into() {
            Error::Unavailable { what, cause } => {
                Error::unavailable(what, format!("{}: {cause}", self.place))
            }
            other => other,
        }
    }
}

async fn begin(db: &DatabaseConnection) -> Result<Transaction, DbErr> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..Default::default()
    };
    db.begin_with_options(options).await.map(Transaction::new)
}

/// The database connections of a process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Connections {
    /// In use.
    pub used: u32,
    /// Open, waiting for work.
    pub idle: u32,
    /// The maximum.
    pub max: u32,
}

impl Connections {
    fn of(open: u32, idle: usize, max: u32) -> Self {
        let idle = u32::try_from(idle).unwrap_or(u32::MAX);
        // The two are not read atomically.
        Self { used: open.saturating_sub(idle), idle, max }
    }
}

/// A PostgreSQL advisory lock held by an open transaction, so that concurrent migrations do not race.
struct MigrationLock {
    _held: Option<DatabaseTransaction>,
}

impl MigrationLock {
    async fn take(db: &DatabaseConnection) -> Result<Self, DbErr> {
        if db.get_database_backend() != DbBackend::Postgres {
            return Ok(Self { _held: None });
        }
        let transaction = db.begin().await?;
        // Migrations run on another connection meanwhile.
        let lock = "set local idle_in_transaction_session_timeout = 0; select pg_advisory_xact_lock(7234015)";
        transaction.execute_unprepared(lock).await?;
        Ok(Self { _held: Some(transaction) })
    }
}
