//! Answers of the database that are trusted for a short time.

use crate::error::{Error, Result};
use futures::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
    time::{Duration, Instant},
};

/// Entries at most; strangers who try keys cannot fill the memory.
const CAPACITY: usize = 10_000;

/// An answer under way, or there; many may wait for it.
type Answer<V> = Shared<BoxFuture<'static, Result<V, Arc<Error>>>>;

struct Entry<V> {
    /// When it was asked, which is no later than what the answer tells of.
    since: Instant,
    answer: Answer<V>,
    /// What was answered the last time before.
    before: Option<V>,
}

impl<V: Clone> Entry<V> {
    /// Whether it can still be trusted. A failure never is: the next one to ask tries again.
    fn is_good(&self, trusted_for: Duration) -> bool {
        self.since.elapsed() < trusted_for && !matches!(self.answer.peek(), Some(Err(_)))
    }

    /// The last answer, however long ago.
    fn last(&self) -> Option<V> {
        let answer = self.answer.peek().and_then(|answer| answer.as_ref().ok().cloned());
        answer.or_else(|| self.before.clone())
    }
}

/// Remembers what was looked up. However many ask at once, one look-up runs.
pub(super) struct Cache<K, V> {
    trusted_for: Duration,
    entries: RwLock<HashMap<K, Entry<V>>>,
}

impl<K: Eq + Hash, V: Clone + Send + Sync + 'static> Cache<K, V> {
    pub fn new(trusted_for: Duration) -> Self {
        Self { trusted_for, entries: RwLock::default() }
    }

    /// What is remembered, or what the look-up finds.
    pub async fn get<F>(&self, key: K, look_up: impl FnOnce() -> F) -> Result<V>
    where
        F: Future<Output = Result<V>> + Send + 'static,
    {
        match self.fresh(&key) {
            Some(value) => Ok(value),
            None => self.ask(key, look_up).await.map_err(|error| again(&error)),
        }
    }

    /// What is remembered, as long as it can be trusted.
    pub fn fresh(&self, key: &K) -> Option<V> {
        self.entries().get(key).and_then(|entry| self.remembered(entry))
    }

    /// What is remembered, however old, and whatever has become of asking again.
    pub fn last(&self, key: &K) -> Option<V> {
        self.entries().get(key).and_then(Entry::last)
    }

    /// Forgets what was asked longer ago than this.
    pub fn forget_older(&self, key: &K, age: Duration) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        if entries.get(key).is_some_and(|entry| entry.since.elapsed() >= age) {
            entries.remove(key);
        }
    }

    fn entries(&self) -> RwLockReadGuard<'_, HashMap<K, Entry<V>>> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn remembered(&self, entry: &Entry<V>) -> Option<V> {
        entry.is_good(self.trusted_for).then(|| entry.answer.peek()?.as_ref().ok().cloned())?
    }

    /// Joins the look-up that is under way, or begins one.
    fn ask<F>(&self, key: K, look_up: impl FnOnce() -> F) -> Answer<V>
    where
        F: Future<Output = Result<V>> + Send + 'static,
    {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = entries.get(&key).filter(|entry| entry.is_good(self.trusted_for)) {
            return entry.answer.clone();
        }
        self.make_room(&mut entries);
        let since = Instant::now();
        // In a task of its own: it ends even when nobody waits for it any more, and gives its connection back.
        let task = tokio::spawn(look_up());
        let answer = async { task.await.map_err(Error::internal).flatten().map_err(Arc::new) };
        let answer = answer.boxed().shared();
        let before = entries.get(&key).and_then(Entry::last);
        entries.insert(key, Entry { since, answer: answer.clone(), before });
        answer
    }

    fn make_room(&self, entries: &mut HashMap<K, Entry<V>>) {
        if entries.len() < CAPACITY {
            return;
        }
        entries.retain(|_, entry| entry.is_good(self.trusted_for));
        if entries.len() > CAPACITY / 2 {
            entries.clear();
        }
    }
}

/// The failure for one more of those who waited.
fn again(error: &Error) -> Error {
    match error {
        Error::Unavailable { what, cause } => Error::unavailable(*what, cause),
        other => Error::internal(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Dependency;
    use std::sync::atomic::{AtomicUsize, Ordering};

    const LONG: Duration = Duration::from_hours(1);

    #[tokio::test]
    async fn many_who_ask_at_once_cause_one_look_up() {
        let (cache, asked) = (Cache::new(LONG), Arc::new(AtomicUsize::new(0)));
        let ask = || {
            cache.get(7, || {
                let asked = asked.clone();
                async move {
                    tokio::task::yield_now().await;
                    Ok(asked.fetch_add(1, Ordering::SeqCst))
                }
            })
        };
        let answers = futures::future::join_all((0..100).map(|_| ask())).await;
        assert!(answers.into_iter().all(|answer| answer.unwrap() == 0));
        assert_eq!(ask().await.unwrap(), 0, "remembered");
        cache.forget_older(&7, Duration::ZERO);
        assert_eq!(ask().await.unwrap(), 1);
    }

    #[tokio::test]
    async fn failures_are_shared_and_not_kept() {
        let cache = Cache::<_, u32>::new(LONG);
        assert_eq!(cache.last(&7), None);
        let fail = || cache.get(7, || async { Err(Error::unavailable(Dependency::Database, "away")) });
        let answers = futures::future::join_all((0..3).map(|_| fail())).await;
        assert!(answers.iter().all(|answer| answer.as_ref().unwrap_err().is_transient()));
        assert_eq!(cache.get(7, || async { Ok(1) }).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn the_last_answer_is_known_while_it_is_asked_again() {
        let cache = Cache::new(Duration::ZERO);
        assert_eq!(cache.get(7, || async { Ok(1) }).await.unwrap(), 1);
        assert_eq!((cache.fresh(&7), cache.last(&7)), (None, Some(1)));
        let again = cache.get(7, || async { Err(Error::unavailable(Dependency::Database, "away")) });
        let mut again = Box::pin(again);
        assert!(again.as_mut().now_or_never().is_none());
        assert_eq!(cache.last(&7), Some(1), "under way");
        assert!(again.await.is_err());
        assert_eq!(cache.last(&7), Some(1), "it failed");
        assert_eq!(cache.get(7, || async { Ok(2) }).await.unwrap(), 2);
        assert_eq!(cache.last(&7), Some(2));
    }

    #[tokio::test]
    async fn nothing_is_kept_for_no_time_and_not_without_bound() {
        let cache = Cache::new(Duration::ZERO);
        for n in 0..3 {
            assert_eq!(cache.get(7, || async move { Ok(n) }).await.unwrap(), n);
        }
        let cache = Cache::new(LONG);
        for n in 0..=CAPACITY {
            cache.get(n, || async { Ok(()) }).await.unwrap();
        }
        assert!(cache.entries().len() <= CAPACITY);
    }
}
