//! Rate limits of callers: requests per minute, per day, and in flight.
//!
//! A window begins with the first request and ends a minute (or a day) later; rejected requests are not counted. With
//! Redis all processes share exact counters, in one round trip, which concurrent requests share. While Redis is
//! unavailable each process counts on its own: the limits then apply per process, and no request is rejected because of
//! the outage.

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

/// How long requests are counted locally after a failure of Redis.
const PAUSE: Duration = Duration::from_secs(1);

/// The lengths of the windows.
pub const WINDOWS: [Duration; 2] = [Duration::from_mins(1), Duration::from_hours(24)];

/// The limits of a caller: requests per minute and per day.
pub type Quota = [u64; 2];

/// The quota of a plan.
pub fn quota(plan: &Plan) -> Quota {
    [plan.minute as u64, plan.day as u64]
}

/// The state of a caller in one window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The maximum number of requests in the window.
    pub limit: u64,
    /// The remaining requests.
    pub remaining: u64,
    /// The time until the end of the window.
    pub resets_in: Duration,
}

/// The state of a caller, including this request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimitStatus {
    /// Whether the request is admitted. If not, it was not counted.
    pub admitted: bool,
    /// The minute's window.
    pub minute: Window,
    /// The day's window.
    pub day: Window,
}

/// The counts: per window the number of requests and the remaining time.
type Counts = [(u64, Duration); 2];

/// Whether a request is admitted, and the counts including it.
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

    /// The window that a caller should look at: the day's if it is exhausted, otherwise the minute's.
    pub const fn limiting(&self) -> &Window {
        if self.day.remaining == 0 { &self.day } else { &self.minute }
    }

    /// For a rejected request: the time until the next is admitted.
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
    /// Counts in the configured Redis, or locally if none is configured.
    pub fn open(settings: &Settings) -> Result<Self> {
        Self::with_windows(settings, WINDOWS)
    }

    /// [`Self::open`] with windows of other lengths, for tests.
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

    /// Counts a request of the caller; the result says whether it is admitted.
    pub async fn take(&self, caller: &str, quota: Quota) -> RateLimitStatus {
        let (admitted, counts) = self.count(caller, quota).await;
        RateLimitStatus::of(admitted, quota, counts)
    }

    /// The state of a caller whose request is rejected for another reason; it is not counted.
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

    /// Whether requests are counted locally although Redis is configured.
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
