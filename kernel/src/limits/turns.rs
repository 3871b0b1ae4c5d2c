//! What is done one at a time for each caller.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex as PlainMutex, PoisonError},
};
use tokio::sync::{Mutex, OwnedMutexGuard};

/// Gives turns, to each caller in the order of asking. Cheap to clone.
#[derive(Clone)]
pub struct Turns<K> {
    callers: Arc<PlainMutex<HashMap<K, Arc<Mutex<()>>>>>,
}

/// A caller's turn; it lasts until this is dropped.
pub struct Turn {
    _lock: OwnedMutexGuard<()>,
}

impl<K> Default for Turns<K> {
    fn default() -> Self {
        Self { callers: Arc::default() }
    }
}

impl<K: Eq + Hash> Turns<K> {
    /// Waits for the caller's turn. Others do not wait for it.
    pub async fn take(&self, caller: K) -> Turn {
        let lock = self.lock(caller);
        Turn { _lock: lock.lock_owned().await }
    }

    fn lock(&self, caller: K) -> Arc<Mutex<()>> {
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        // Those that nobody has or waits for any more.
        callers.retain(|_, lock| Arc::strong_count(lock) > 1);
        callers.entry(caller).or_default().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::Turns;
    use futures::FutureExt;

    #[tokio::test]
    async fn one_at_a_time_of_each_caller() {
        let turns = Turns::default();
        let first = turns.take("a").await;
        let mut second = Box::pin(turns.take("a"));
        assert!((&mut second).now_or_never().is_none(), "the turn is taken");
        let other = turns.take("b").now_or_never();
        assert!(other.is_some(), "another caller does not wait");
        drop(first);
        drop(second.await);
        drop(other);
        drop(turns.take("c").await);
        assert_eq!(turns.callers.lock().unwrap().len(), 1, "nobody else is left");
    }
}
