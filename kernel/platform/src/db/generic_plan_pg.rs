//! Single statements whose plans are kept, hundreds of them a second.

use super::generic_plan::{GenericPlanConnection, GenericPlanStatement};
use sea_orm::{
    ConnAcquireErr, DatabaseConnection, DbBackend, DbErr, QueryResult, RuntimeErr, Statement, Values, metric,
    sqlx::{self, AssertSqlSafe, PgPool, Postgres, pool::PoolConnection, postgres::PgRow},
};
use sea_query_sqlx::SqlxValues;
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};
use tokio::runtime::Handle;

/// Idle connections at most that are kept from the pool.
const MAX_IDLE: usize = 4;
/// One that was idle for so long goes back to the pool, which checks it before it is used again.
const MAX_IDLE_TIME: Duration = Duration::from_secs(1);

/// The pool whose connections cache plans. It accepts only [`GenericPlanStatement`]s; each is its own transaction.
/// Cheap to clone.
///
/// sqlx pings the server each time a connection returns to its pool: a round trip more for each statement. So a few
/// connections of PostgreSQL do not return between two statements, as long as nothing goes wrong with them. SQLite's
/// connections are used as they are.
#[derive(Clone)]
pub struct GenericPlanPool {
    db: DatabaseConnection,
    kept: Arc<Mutex<Vec<Kept>>>,
    told: Option<Arc<Told>>,
}

/// Hears of each statement, once it has been made.
type Told = dyn Fn(&metric::Info<'_>) + Send + Sync;

/// A connection, and since when it waits.
struct Kept {
    /// Only taken away.
    connection: Option<PoolConnection<Postgres>>,
    since: Instant,
}

impl Kept {
    fn is_fresh(&self) -> bool {
        self.since.elapsed() < MAX_IDLE_TIME
    }
}

/// A connection goes back to its pool by a task. Where there is no runtime any more, it is closed.
impl Drop for Kept {
    fn drop(&mut self) {
        if Handle::try_current().is_err() {
            drop(self.connection.take().map(PoolConnection::detach));
        }
    }
}

impl GenericPlanPool {
    pub(super) fn new(db: DatabaseConnection) -> Self {
        Self { db, kept: Arc::default(), told: None }
    }

    pub(super) const fn db(&self) -> &DatabaseConnection {
        &self.db
    }

    pub(super) fn listen(&mut self, told: impl Fn(&metric::Info<'_>) + Clone + Send + Sync + 'static) {
        self.db.set_metric_callback(told.clone());
        self.told = Some(Arc::new(told));
    }

    /// Closes those that wait, and the pool.
    pub(super) async fn close(&self) -> Result<(), DbErr> {
        self.lock().clear();
        self.db.close_by_ref().await
    }

    /// How many connections wait here for their next statement.
    pub(super) fn waiting(&self) -> usize {
        self.lock().len()
    }

    /// PostgreSQL's connections; none where the database is another one.
    pub fn pool(&self) -> Option<&PgPool> {
        (self.db.get_database_backend() == DbBackend::Postgres)
            .then(|| self.db.get_postgres_connection_pool())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The one that was used last, or one of the pool. Dropped while its statement is under way, it goes to the pool.
    async fn take(&self, pool: &PgPool) -> Result<PoolConnection<Postgres>, DbErr> {
        let fresh = {
            let mut kept = self.lock();
            // The others go back together.
            kept.retain(Kept::is_fresh);
            kept.pop().and_then(|mut last| last.connection.take())
        };
        match fresh {
            Some(connection) => Ok(connection),
            None => pool.acquire().await.map_err(refused),
        }
    }

    /// What the statement has led to. A connection on which one has failed goes to the pool, which looks whether it is
    /// well.
    fn give_back<T>(
        &self,
        connection: PoolConnection<Postgres>,
        result: Result<T, sqlx::Error>,
    ) -> Result<T, DbErr> {
        if result.is_ok() {
            let mut kept = self.lock();
            if kept.len() < MAX_IDLE {
                kept.push(Kept { connection: Some(connection), since: Instant::now() });
            }
        }
        result.map_err(failed)
    }

    fn tell(&self, statement: &Statement, began: SystemTime, failed: bool) {
        if let Some(told) = &self.told {
            told(&metric::Info { elapsed: began.elapsed().unwrap_or_default(), statement, failed });
        }
    }
}

impl fmt::Debug for GenericPlanPool {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("GenericPlanPool").field("db", &self.db).finish_non_exhaustive()
    }
}

#[async_trait::async_trait]
impl GenericPlanConnection for GenericPlanPool {
    fn backend(&self) -> DbBackend {
        self.db.get_database_backend()
    }

    async fn rows(&self, statement: GenericPlanStatement) -> Result<Vec<QueryResult>, DbErr> {
        let Some(pool) = self.pool() else { return self.db.rows(statement).await };
        let mut statement = statement.into_statement();
        let (mut connection, began) = (self.take(pool).await?, SystemTime::now());
        // Bound as sea-orm binds it, which keeps the values.
        let values = SqlxValues(statement.values.take().unwrap_or_else(|| Values(vec![])));
        let query = sqlx::query_with(AssertSqlSafe(statement.sql.as_str()), values);
        let result = query.fetch_all(&mut *connection).await;
        self.tell(&statement, began, result.is_err());
        let rows: Vec<PgRow> = self.give_back(connection, result)?;
        Ok(rows.into_iter().map(QueryResult::from).collect())
    }
}

fn failed(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(error.into()))
}

fn refused(error: sqlx::Error) -> DbErr {
    match error {
        sqlx::Error::PoolTimedOut => DbErr::ConnectionAcquire(ConnAcquireErr::Timeout),
        sqlx::Error::PoolClosed => DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed),
        other => DbErr::Conn(RuntimeErr::SqlxError(other.into())),
    }
}
