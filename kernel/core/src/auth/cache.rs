//! Caches look-ups for a short time.

use futures::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use platform::error::{Error, Result};
use std::{
    convert::Infallible,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Maximum number of entries, so that made-up keys cannot fill the memory. A power of two, because it is divided among
/// shards.
const CAPACITY: usize = 1 << 13;

/// A look-up in progress or finished; many may wait for it.
type Answer<V> = Shared<BoxFuture<'static, Result<V, Arc<Error>>>>;

struct Entry<V> {
    /// The start of the look-up, not later than the data it returns.
    since: Instant,
    answer: Answer<V>,
    /// The previous result.
    before: Option<V>,
}

impl<V: Clone> Entry<V> {
    /// Whether it is still fresh. Failures never are: the next caller retries.
    fn is_good(&self, trusted_for: Duration) -> bool {
        self.since.elapsed() < trusted_for && !matches!(self.answer.peek(), Some(Err(_)))
    }

    /// The last result, of any age.
    fn last(&self) -> Option<V> {
        let answer = self.answer.peek().and_then(|answer| answer.as_ref().ok().cloned());
        answer.or_else(|| self.before.clone())
    }
}

/// The entry of a key; `None` until its first look-up starts.
type Slot<V> = Arc<Mutex<Option<Entry<V>>>>;

fn lock<V>(slot: &Slot<V>) -> MutexGuard<'_, Option<Entry<V>>> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A cache with single flight: concurrent callers share one look-up.
pub(super) struct Cache<K, V> {
    trusted_for: Duration,
    slots: quick_cache::sync::Cache<K, Slot<V>>,
}

impl<K: Eq + Hash + Clone, V: Clone + Send + Sync + 'static> Cache<K, V> {
    pub fn new(trusted_for: Duration) -> Self {
        Self { trusted_for, slots: quick_cache::sync::Cache::new(CAPACITY) }
    }

    /// The cached result, or that of a look-up.
    pub async fn get<F>(&self, key: K, look_up: impl FnOnce() -> F) -> Result<V>
    where
        F: Future<Output = Result<V>> + Send + 'static,
    {
        match self.fresh(&key) {
            Some(value) => Ok(value),
            None => self.ask(&key, look_up).await.map_err(|error| again(&error)),
        }
    }

    /// The cached result, if fresh.
    pub fn fresh(&self, key: &K) -> Option<V> {
        let slot = self.slots.get(key)?;
        let entry = lock(&slot);
        let answer = &entry.as_ref().filter(|entry| entry.is_good(self.trusted_for))?.answer;
        answer.peek()?.as_ref().ok().cloned()
    }

    /// The cached result of any age, regardless of the state of a new look-up.
    pub fn last(&self, key: &K) -> Option<V> {
        lock(&self.slots.get(key)?).as_ref().and_then(Entry::last)
    }

    /// Removes entries older than this.
    pub fn forget_older(&self, key: &K, age: Duration) {
        let is_older = |slot: &Slot<V>| lock(slot).as_ref().is_some_and(|entry| entry.since.elapsed() >= age);
        self.slots.remove_if(key, is_older);
    }

    /// Joins the look-up in progress, or starts one.
    fn ask<F>(&self, key: &K, look_up: impl FnOnce() -> F) -> Answer<V>
    where
        F: Future<Output = Result<V>> + Send + 'static,
    {
        let Ok(slot) = self.slots.get_or_insert_with(key, || Ok::<_, Infallible>(Slot::default()));
        let mut entry = lock(&slot);
        if let Some(entry) = entry.as_ref().filter(|entry| entry.is_good(self.trusted_for)) {
            return entry.answer.clone();
        }
        let since = Instant::now();
        // In a separate task, which completes even if nobody waits any more, and releases its connection.
        let task = tokio::spawn(look_up());
        let answer = async { task.await.map_err(Error::internal).flatten().map_err(Arc::new) };
        let answer = answer.boxed().shared();
        let before = entry.as_ref().and_then(Entry::last);
        *entry = Some(Entry { since, answer: answer.clone(), before });
        answer
    }
}

/// The failure for another waiting caller.
fn again(error: &Error) -> Error {
    match error {
        Error::Unavailable { what, cause } => Error::unavailable(*what, cause),
        other => Error::internal(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::error::Dependency;
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
        assert!(cache.slots.len() <= CAPACITY);
    }

    #[tokio::test]
    async fn made_up_keys_do_not_displace_one_in_use() {
        let (cache, asked) = (Cache::new(LONG), AtomicUsize::new(0));
        for made_up in 1..=3 * CAPACITY {
            let in_use = || {
                asked.fetch_add(1, Ordering::Relaxed);
                async { Ok(()) }
            };
            cache.get(0, in_use).await.unwrap();
            cache.get(made_up, || async { Ok(()) }).await.unwrap();
        }
        assert_eq!(asked.into_inner(), 1);
    }
}
