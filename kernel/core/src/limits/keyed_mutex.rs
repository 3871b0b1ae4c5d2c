//! A mutex per key.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex as SyncMutex, PoisonError},
};
use tokio::sync::{Mutex, OwnedMutexGuard};

/// Locks of the same key exclude each other and are granted in order; other keys do not wait. Cheap to clone.
#[derive(Clone)]
pub struct KeyedMutex<K> {
    locks: Arc<SyncMutex<HashMap<K, Arc<Mutex<()>>>>>,
}

/// Holds the lock of a key until it is dropped.
pub struct KeyedGuard {
    _lock: OwnedMutexGuard<()>,
}

impl<K> Default for KeyedMutex<K> {
    fn default() -> Self {
        Self { locks: Arc::default() }
    }
}

impl<K: Eq + Hash> KeyedMutex<K> {
    /// Waits for the lock of the key.
    pub async fn lock(&self, key: K) -> KeyedGuard {
        let lock = self.entry(key);
        KeyedGuard { _lock: lock.lock_owned().await }
    }

    fn entry(&self, key: K) -> Arc<Mutex<()>> {
        let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
        // Remove keys that are neither held nor waited for.
        locks.retain(|_, lock| Arc::strong_count(lock) > 1);
        locks.entry(key).or_default().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::KeyedMutex;
    use futures::FutureExt;

    #[tokio::test]
    async fn one_at_a_time_of_each_caller() {
        let mutex = KeyedMutex::default();
        let first = mutex.lock("a").await;
        let mut second = Box::pin(mutex.lock("a"));
        assert!((&mut second).now_or_never().is_none(), "the turn is taken");
        let other = mutex.lock("b").now_or_never();
        assert!(other.is_some(), "another caller does not wait");
        drop(first);
        drop(second.await);
        drop(other);
        drop(mutex.lock("c").await);
        assert_eq!(mutex.locks.lock().unwrap().len(), 1, "nobody else is left");
    }
}
