//! How much a caller may ask: so many requests in a minute, so many in a day, so many at once.
//!
//! A window begins with the first request and ends a minute (a day) later; a refused request is not counted.
//! With Redis all processes count together, exactly, in one round trip, which requests that come at once share.
//! While Redis is away each process counts by itself: the limits then hold for each process, and nobody is
//! refused for the outage.

mod coalesce;
mod in_flight;
mod keyed_mutex;
mod look_ups;
mod memory;
mod redis;

pub use in_flight::{Guard, InFlight};
pub use keyed_mutex::{KeyedGuard, KeyedMutex};
pub use look_ups::{LookUps, counted};

use coalesce::CoalescingLimiter;
use memory::Memory;
use platform::{
    config::{Plan, Settings},
    error::Result,
    metrics,
    retry::OutageBackoff,
};
use redis::Redis;
use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// After a failure of Redis, callers are counted here for so long before it is asked again.
const PAUSE: Duration = Duration::from_secs(1);

/// The lengths of the two windows.
pub const WINDOWS: [Duration; 2] = [Duration::from_mins(1), Duration::from_hours(24)];

/// What a caller may ask: requests in a minute, and in a day.
pub type Quota = [u64; 2];

/// The quota of a plan.
pub fn quota(plan: &Plan) -> Quota {
    [plan.minute as u64, plan.day as u64]
}

/// How a caller stands in one window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Requests in the window at most.
    pub limit: u64,
    /// Requests that are left.
    pub remaining: u64,
    /// How long until the window ends.
    pub resets_in: Duration,
}

/// How a caller stands, this request included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimitStatus {
    /// Whether the request may go on. If not, it was not counted.
    pub admitted: bool,
    /// In this minute.
    pub minute: Window,
    /// In this day.
    pub day: Window,
}

/// What was counted: for each window the requests in it, and how long it goes on.
type Counts = [(u64, Duration); 2];

/// Whether a request may go on, and the counts with it.
type Taken = (bool, Counts);

impl RateLimitStatus {
    fn of(admitted: bool, quota: Quota, counts: Counts) -> Self {
        let window = |i: usize| Window {
            limit: quota[i],
            remaining: quota[i].saturating_sub(counts[i].0),
            resets_in: counts[i].1,
        };
        Self { admitted, minute: window(0), day: window(1) }
    }

    /// For a refused request: how long until the next may go on.
    pub fn retry_after(&self) -> Duration {
        let full = [self.minute, self.day].into_iter().filter(|window| window.remaining == 0);
        full.map(|window| window.resets_in).max().unwrap_or_default()
    }
}

/// Counts requests.
pub struct Limiter {
    shared: Option<Arc<CoalescingLimiter>>,
    own: Memory,
    patience: Duration,
    began: Instant,
    /// Milliseconds since `began` until which Redis is not asked.
    avoid_until: AtomicU64,
    outage: Mutex<OutageBackoff>,
}

impl Limiter {
    /// Counts in the Redis of the settings, or within this process if they name none.
    pub fn open(settings: &Settings) -> Result<Self> {
        Self::with_windows(settings, WINDOWS)
    }

    /// The same with windows of other lengths, for tests.
    pub fn with_windows(settings: &Settings, windows: [Duration; 2]) -> Result<Self> {
        let shared = match settings.redis.url.as_str() {
            "" => None,
            _ => {
                Some(CoalescingLimiter::new(Redis::open(&settings.redis, windows)?, settings.limits.patience))
            }
        };
        Ok(Self {
            shared,
            own: Memory::new(windows),
            patience: settings.limits.patience,
            began: Instant::now(),
            avoid_until: AtomicU64::new(0),
            outage: Mutex::new(OutageBackoff::new()),
        })
    }

    /// Counts a request of the caller, and says whether it may go on.
    pub async fn take(&self, caller: &str, quota: Quota) -> RateLimitStatus {
        let (admitted, counts) = self.count(caller, quota).await;
        RateLimitStatus::of(admitted, quota, counts)
    }

    /// How the caller stands whose request is refused for another reason; it is not counted.
    pub async fn look(&self, caller: &str, quota: Quota) -> RateLimitStatus {
        let (_, counts) = self.count(caller, [0; 2]).await;
        RateLimitStatus::of(false, quota, counts)
    }

    async fn count(&self, caller: &str, quota: Quota) -> Taken {
        let counted = match &self.shared {
            Some(redis) => self.ask(redis, caller, quota).await,
            None => None,
        };
        if counted.is_none() && self.shared.is_some() {
            metrics::limiter_local();
        }
        counted.unwrap_or_else(|| self.own.take(caller, quota))
    }

    /// Whether requests are counted here although they should be counted together.
    pub fn is_alone(&self) -> bool {
        self.shared.is_some() && self.since_begin() < self.avoid_until.load(Ordering::Relaxed)
    }

    async fn ask(&self, redis: &Arc<CoalescingLimiter>, caller: &str, quota: Quota) -> Option<Taken> {
        if self.is_alone() {
            return None;
        }
        let answer = tokio::time::timeout(self.patience, redis.take(caller, quota)).await;
        let failure = match answer {
            Ok(Ok(counted)) => {
                self.outage().over();
                return Some(counted);
            }
            Ok(Err(failure)) => failure,
            Err(_) => format!("no answer within {:?}", self.patience),
        };
        self.avoid_until.store(self.since_begin() + millis(PAUSE), Ordering::Relaxed);
        self.outage().note("redis for rate limits", &failure);
        None
    }

    fn since_begin(&self) -> u64 {
        millis(self.began.elapsed())
    }

    fn outage(&self) -> std::sync::MutexGuard<'_, OutageBackoff> {
        self.outage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_that_is_full_says_when_to_come_back() {
        let of = |minute, day| {
            let counts = [(minute, Duration::from_secs(20)), (day, Duration::from_secs(5000))];
            RateLimitStatus::of(false, [10, 100], counts).retry_after().as_secs()
        };
        assert_eq!(of(10, 50), 20);
        assert_eq!(of(5, 100), 5000);
        assert_eq!(of(10, 100), 5000);
        assert_eq!(of(12, 50), 20, "a plan that has become smaller");
    }
}
