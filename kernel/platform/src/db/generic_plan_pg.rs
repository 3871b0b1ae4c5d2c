//! A pool for hundreds of single statements per second with cached plans.

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

/// Maximum number of idle connections held outside the pool.
const MAX_IDLE: usize = 4;
/// A connection idle for this long returns to the pool, which checks it before it is used again.
const MAX_IDLE_TIME: Duration = Duration::from_secs(1);

/// The pool whose connections cache plans. It accepts only [`GenericPlanStatement`]s; each is its own transaction.
/// Cheap to clone.
///
/// sqlx pings the server each time a connection returns to its pool: one more round trip per statement. So a few
/// PostgreSQL connections are held between statements, unless an error occurs. SQLite's connections are used directly.
#[derive(Clone)]
pub struct GenericPlanPool {
    db: DatabaseConnection,
    idle: Arc<Mutex<Vec<IdleConnection>>>,
    on_statement: Option<Arc<OnStatement>>,
}

/// Called after each statement.
type OnStatement = dyn Fn(&metric::Info<'_>) + Send + Sync;

/// An idle connection, and since when.
struct IdleConnection {
    /// `None` only once taken.
    connection: Option<PoolConnection<Postgres>>,
    since: Instant,
}

impl IdleConnection {
    fn is_fresh(&self) -> bool {
        self.since.elapsed() < MAX_IDLE_TIME
    }
}

/// A connection returns to its pool in a task. Without a runtime, it is closed.
impl Drop for IdleConnection {
    fn drop(&mut self) {
        if Handle::try_current().is_err() {
            drop(self.connection.take().map(PoolConnection::detach));
        }
    }
}

impl GenericPlanPool {
    pub(super) fn new(db: DatabaseConnection) -> Self {
        Self { db, idle: Arc::default(), on_statement: None }
    }

    pub(super) const fn db(&self) -> &DatabaseConnection {
        &self.db
    }

    pub(super) fn listen(
        &mut self,
        on_statement: impl Fn(&metric::Info<'_>) + Clone + Send + Sync + 'static,
    ) {
        self.db.set_metric_callback(on_statement.clone());
        self.on_statement = Some(Arc::new(on_statement));
    }

    /// Closes the idle connections and the pool.
    pub(super) async fn close(&self) -> Result<(), DbErr> {
        self.lock().clear();
        self.db.close_by_ref().await
    }

    /// The number of idle connections.
    pub(super) fn waiting(&self) -> usize {
        self.lock().len()
    }

    /// PostgreSQL's connections; `None` for SQLite.
    pub fn pool(&self) -> Option<&PgPool> {
        (self.db.get_database_backend() == DbBackend::Postgres)
            .then(|| self.db.get_postgres_connection_pool())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<IdleConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection used last, or one of the pool. If dropped during its statement, it returns to the pool.
    async fn take(&self, pool: &PgPool) -> Result<PoolConnection<Postgres>, DbErr> {
        let fresh = {
            let mut idle = self.lock();
            // The others return together.
            idle.retain(IdleConnection::is_fresh);
            idle.pop().and_then(|mut last| last.connection.take())
        };
        match fresh {
            Some(connection) => Ok(connection),
            None => pool.acquire().await.map_err(refused),
        }
    }

    /// The result of the statement. After an error the connection returns to the pool, which checks it.
    fn release<T>(
        &self,
        connection: PoolConnection<Postgres>,
        result: Result<T, sqlx::Error>,
    ) -> Result<T, DbErr> {
        if result.is_ok() {
            let mut idle = self.lock();
            if idle.len() < MAX_IDLE {
                idle.push(IdleConnection { connection: Some(connection), since: Instant::now() });
            }
        }
        result.map_err(failed)
    }

    fn notify(&self, statement: &Statement, began: SystemTime, failed: bool) {
        if let Some(on_statement) = &self.on_statement {
            on_statement(&metric::Info { elapsed: began.elapsed().unwrap_or_default(), statement, failed });
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
        // Bound like sea-orm does, which keeps the values.
        let values = SqlxValues(statement.values.take().unwrap_or_else(|| Values(vec![])));
        let query = sqlx::query_with(AssertSqlSafe(statement.sql.as_str()), values);
        let result = query.fetch_all(&mut *connection).await;
        self.notify(&statement, began, result.is_err());
        let rows: Vec<PgRow> = self.release(connection, result)?;
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
