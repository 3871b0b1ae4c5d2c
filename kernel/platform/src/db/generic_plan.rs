//! Statements with generic plans, which PostgreSQL creates once per connection: planning costs as much as execution.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, FromQueryResult, QueryResult, Statement, Value};

/// A statement with a cached generic plan ([decision 10](../../../docs/decisions/0010-kept-plans.md)).
///
/// A plan made while a table is empty is used when it is large. So such a statement may only insert, find rows by
/// `= $1` or `= any(…)`, ask an index whether there are any, and join rows of a parameter as `{rows_by_key}`
/// ([`bulk`](crate::bulk)): otherwise a table that was small when the plan was made would be scanned as a whole.
#[derive(Debug, Clone)]
pub struct GenericPlanStatement(Statement);

impl GenericPlanStatement {
    /// Declares that the statement's plan may be cached.
    pub fn new(backend: DbBackend, sql: impl Into<String>, values: impl IntoIterator<Item = Value>) -> Self {
        Self(Statement::from_sql_and_values(backend, sql, values))
    }

    pub(super) fn into_statement(self) -> Statement {
        self.0
    }
}

/// Executes [`GenericPlanStatement`]s: the pool that caches their plans and accepts no others, or any connection or
/// transaction.
#[async_trait::async_trait]
pub trait GenericPlanConnection: Sync {
    /// The kind of database.
    fn backend(&self) -> DbBackend;

    /// Runs the statement, and returns its rows.
    async fn rows(&self, statement: GenericPlanStatement) -> Result<Vec<QueryResult>, DbErr>;

    /// Runs the statement, and returns its rows as `T`.
    async fn find<T: FromQueryResult + Send>(
        &self,
        statement: GenericPlanStatement,
    ) -> Result<Vec<T>, DbErr> {
        self.rows(statement).await?.iter().map(|row| T::from_query_result(row, "")).collect()
    }
}

#[async_trait::async_trait]
impl<C: ConnectionTrait> GenericPlanConnection for C {
    fn backend(&self) -> DbBackend {
        self.get_database_backend()
    }

    async fn rows(&self, statement: GenericPlanStatement) -> Result<Vec<QueryResult>, DbErr> {
        self.query_all_raw(statement.into_statement()).await
    }
}
