//! An expensive check whose result is shared for a second.

use std::time::Duration;
use tokio::{sync::Mutex, time::Instant};

/// How long a result is reused.
const TTL: Duration = Duration::from_secs(1);

/// The last result, and its time.
pub struct CachedCheck<T>(Mutex<Option<(Instant, T)>>);

impl<T> Default for CachedCheck<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> CachedCheck<T> {
    /// The result of the last second, or a new one. Concurrent callers wait for one check.
    pub async fn get<F: Future<Output = T>>(&self, check: impl FnOnce() -> F) -> T {
        let mut last = self.0.lock().await;
        if let Some((at, found)) = &*last
            && at.elapsed() < TTL
        {
            return found.clone();
        }
        let found = check().await;
        *last = Some((Instant::now(), found.clone()));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::future::join_all;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test(start_paused = true)]
    async fn one_look_a_second_is_enough_for_all() {
        let (cached, looks) = (CachedCheck::default(), AtomicUsize::new(0));
        let look = || {
            cached.get(async || {
                tokio::time::sleep(Duration::from_secs(2)).await;
                looks.fetch_add(1, Ordering::Relaxed) + 1
            })
        };
        assert_eq!(join_all((0..100).map(|_| look())).await, [1; 100], "who waits shares it");
        tokio::time::sleep(Duration::from_millis(999)).await;
        assert_eq!(look().await, 1);
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert_eq!(look().await, 2);
    }

    #[tokio::test(start_paused = true)]
    async fn one_who_goes_away_leaves_the_look_to_the_next() {
        let cached = CachedCheck::default();
        let given_up = tokio::time::timeout(Duration::from_secs(1), cached.get(std::future::pending)).await;
        assert!(given_up.is_err());
        assert_eq!(cached.get(async || 7).await, 7);
    }
}
