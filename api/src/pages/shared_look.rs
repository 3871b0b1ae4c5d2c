//! A look at something that costs, shared by all who ask at about the same time.

use std::time::Duration;
use tokio::{sync::Mutex, time::Instant};

/// How long what was found is good enough for others.
const GOOD_FOR: Duration = Duration::from_secs(1);

/// What was found last, and when.
pub struct SharedLook<T>(Mutex<Option<(Instant, T)>>);

impl<T> Default for SharedLook<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> SharedLook<T> {
    /// What is there, found within the last second or just now. Who comes while another looks waits for what that
    /// one finds.
    pub async fn look<F: Future<Output = T>>(&self, look: impl FnOnce() -> F) -> T {
        let mut last = self.0.lock().await;
        if let Some((at, found)) = &*last
            && at.elapsed() < GOOD_FOR
        {
            return found.clone();
        }
        let found = look().await;
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
        let (shared, looks) = (SharedLook::default(), AtomicUsize::new(0));
        let look = || {
            shared.look(async || {
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
        let shared = SharedLook::default();
        let given_up = tokio::time::timeout(Duration::from_secs(1), shared.look(std::future::pending)).await;
        assert!(given_up.is_err());
        assert_eq!(shared.look(async || 7).await, 7);
    }
}
