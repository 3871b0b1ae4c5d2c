//! Transactions, and the rule that none is open during a call to another system: a slow response would hold row locks
//! and, with SQLite, the only writer.

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, Statement};
use std::{ops::Deref, sync::Arc};

/// An open transaction. Clones share it, and its statements run one at a time. It is rolled back when the last clone is
/// dropped without a commit.
#[derive(Debug, Clone)]
pub struct Transaction(Arc<Open>);

#[derive(Debug)]
struct Open {
    inner: DatabaseTransaction,
    _open: open::Mark,
}

impl Transaction {
    pub(super) fn new(inner: DatabaseTransaction) -> Self {
        Self(Arc::new(Open { inner, _open: open::Mark::set() }))
    }

    /// Commits. Fails if another clone exists, which might still use the transaction.
    pub async fn commit(self) -> Result<(), DbErr> {
        self.only()?.commit().await
    }

    /// Rolls back. Fails if another clone exists.
    pub async fn rollback(self) -> Result<(), DbErr> {
        self.only()?.rollback().await
    }

    fn only(self) -> Result<DatabaseTransaction, DbErr> {
        let open = Arc::into_inner(self.0);
        open.map(|open| open.inner).ok_or_else(|| DbErr::Custom("the transaction is still in use".into()))
    }
}

impl Deref for Transaction {
    type Target = DatabaseTransaction;

    fn deref(&self) -> &DatabaseTransaction {
        &self.0.inner
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Transaction {
    fn get_database_backend(&self) -> DbBackend {
        self.0.inner.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.0.inner.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.0.inner.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.0.inner.query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.0.inner.query_all_raw(statement).await
    }
}

/// To be called before anything is sent out of this process, apart from SQL and Redis: in debug builds it panics if the
/// current task has an open transaction. `what` is about to be called.
///
/// # Panics
/// In debug builds, see above.
#[track_caller]
pub fn assert_none_open(what: &str) {
    debug_assert!(!open::is_any(), "{what} is called while a transaction is open");
}

/// The open transactions per task. Not tracked in release builds.
mod open {
    use std::{
        collections::HashMap,
        sync::{LazyLock, Mutex, MutexGuard, PoisonError},
        thread::{self, ThreadId},
    };
    use tokio::task;

    /// The owner: a task, or the thread outside of tasks (`block_on`).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    enum Opener {
        Task(task::Id),
        Thread(ThreadId),
    }

    impl Opener {
        fn current() -> Self {
            task::try_id().map_or_else(|| Self::Thread(thread::current().id()), Self::Task)
        }
    }

    static OPEN: LazyLock<Mutex<HashMap<Opener, usize>>> = LazyLock::new(Mutex::default);

    fn open() -> MutexGuard<'static, HashMap<Opener, usize>> {
        OPEN.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the current task has an open transaction.
    pub(super) fn is_any() -> bool {
        open().contains_key(&Opener::current())
    }

    /// An open transaction, until dropped.
    #[derive(Debug)]
    pub(super) struct Mark(Option<Opener>);

    impl Mark {
        pub(super) fn set() -> Self {
            let opener = cfg!(debug_assertions).then(Opener::current);
            if let Some(opener) = opener {
                *open().entry(opener).or_default() += 1;
            }
            Self(opener)
        }
    }

    impl Drop for Mark {
        fn drop(&mut self) {
            let Some(opener) = self.0 else { return };
            let mut open = open();
            if let Some(count) = open.get_mut(&opener) {
                *count -= 1;
                if *count == 0 {
                    open.remove(&opener);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Db, config::Settings};

    #[tokio::test]
    async fn whoever_has_a_transaction_open_may_call_nobody() {
        let mut settings = Settings::default();
        settings.database.url = "sqlite::memory:".into();
        let db = Db::open(&settings).await.unwrap();
        let calls = || tokio::spawn(async { assert_none_open("a receiver") });
        let transaction = db.begin().await.unwrap();
        assert!(open::is_any());
        calls().await.expect("another task has none open");
        transaction.rollback().await.unwrap();
        assert!(!open::is_any());
        let inside = tokio::spawn(async move {
            let _transaction = db.begin().await.unwrap();
            assert_none_open("a receiver");
        });
        assert_eq!(inside.await.is_err(), cfg!(debug_assertions));
        assert!(!open::is_any(), "what has panicked has none open any more");
    }
}
