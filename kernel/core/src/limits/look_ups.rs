//! Limits failed credential look-ups per address, so that made-up keys cannot load the database.
//!
//! A look-up holds a permit of its address while it runs. One that finds a credential returns the permit, so callers
//! behind one address do not use up each other's permits. One that finds nothing keeps it until the window ends, a
//! minute after its first look-up.

use platform::error::{Dependency, Error, Result};
use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// At so many addresses, those without a held permit are forgotten.
const PRUNE_AT: usize = 10_000;
/// For how long a look-up that found nothing counts.
const WINDOW_LENGTH: Duration = Duration::from_mins(1);
/// How long a look-up waits for a permit.
const MAX_WAIT: Duration = Duration::from_secs(5);

/// What an address is counted under: itself, or its /64 in IPv6, all of which a single host can use (RFC 6177).
pub fn counted(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    }
}

/// The windows of all addresses, in this process.
pub struct LookUps {
    most: usize,
    addresses: Mutex<(HashMap<IpAddr, Window>, usize)>,
}

/// One address's permits for one minute.
struct Window {
    ends: Instant,
    free: Arc<Semaphore>,
    failed: usize,
}

/// A look-up under way; dropped, it gives its permit back.
pub struct LookUp {
    permit: OwnedSemaphorePermit,
    from: IpAddr,
}

impl Window {
    fn new(most: usize, now: Instant) -> Self {
        Self { ends: now + WINDOW_LENGTH, free: Arc::new(Semaphore::new(most)), failed: 0 }
    }

    /// Whether forgetting it would return permits too early.
    fn is_taken(&self, most: usize, now: Instant) -> bool {
        now < self.ends && (self.free.is_closed() || self.free.available_permits() < most)
    }
}

impl LookUps {
    /// At most so many credentials that open nothing, of each address in a minute.
    pub fn new(most: usize) -> Self {
        let most = most.min(Semaphore::MAX_PERMITS);
        Self { most, addresses: Mutex::new((HashMap::new(), PRUNE_AT)) }
    }

    /// Takes a permit of the address; while all are taken by look-ups under way, waits for one. `TooMany` once all
    /// are taken by those that found nothing. `Unavailable` when look-ups hang.
    pub async fn begin(&self, from: IpAddr) -> Result<LookUp> {
        let from = counted(from);
        let free = self.with(from, |window| window.free.clone());
        match tokio::time::timeout(MAX_WAIT, free.acquire_owned()).await {
            Ok(Ok(permit)) => Ok(LookUp { permit, from }),
            Ok(Err(_closed)) => Err(self.over(from)),
            Err(_) => Err(Error::unavailable(Dependency::Database, "look-ups of credentials take too long")),
        }
    }

    /// The look-up has found nothing: its permit stays taken.
    pub fn failed(&self, look_up: LookUp) {
        self.with(look_up.from, |window| {
            // Else it began in a minute that has ended.
            if Arc::ptr_eq(&window.free, look_up.permit.semaphore()) {
                look_up.permit.forget();
                window.failed += 1;
                if window.failed >= self.most {
                    window.free.close();
                }
            }
        });
    }

    fn over(&self, from: IpAddr) -> Error {
        let after = self.with(from, |window| window.ends.saturating_duration_since(Instant::now()));
        Error::TooMany { message: format!("More than {} unknown credentials in a minute", self.most), after }
    }

    /// Does something with the window that the address has now.
    fn with<T>(&self, from: IpAddr, act: impl FnOnce(&mut Window) -> T) -> T {
        let (now, most) = (Instant::now(), self.most);
        let mut guard = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        let (addresses, prune_at) = &mut *guard;
        if addresses.len() >= *prune_at {
            addresses.retain(|_, window| window.is_taken(most, now));
            *prune_at = PRUNE_AT.max(addresses.len() * 2);
        }
        let window = addresses.entry(from).or_insert_with(|| Window::new(most, now));
        if window.ends <= now {
            *window = Window::new(most, now);
        }
        act(window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[tokio::test]
    async fn so_many_may_fail_and_any_number_may_not() {
        let look_ups = LookUps::new(2);
        for _ in 0..10 {
            drop(look_ups.begin(HERE).await.unwrap());
        }
        look_ups.failed(look_ups.begin(HERE).await.unwrap());
        look_ups.failed(look_ups.begin(HERE).await.unwrap());
        let over = look_ups.begin(HERE).await.err().unwrap();
        let Error::TooMany { after, .. } = over else { panic!("{over}") };
        assert!(after > Duration::ZERO && after <= WINDOW_LENGTH);
        assert!(look_ups.begin([192, 0, 2, 1].into()).await.is_ok(), "another address");
    }

    #[tokio::test]
    async fn however_many_at_once() {
        let look_ups = LookUps::new(2);
        let [one, two] = [look_ups.begin(HERE).await.unwrap(), look_ups.begin(HERE).await.unwrap()];
        let mut third = Box::pin(look_ups.begin(HERE));
        assert!(third.as_mut().now_or_never().is_none(), "those under way may fail");
        drop(one);
        look_ups.failed(third.await.unwrap());
        let mut fourth = Box::pin(look_ups.begin(HERE));
        assert!(fourth.as_mut().now_or_never().is_none());
        look_ups.failed(two);
        assert!(matches!(fourth.await, Err(Error::TooMany { .. })));
    }

    #[tokio::test(start_paused = true)]
    async fn what_hangs_is_not_waited_for_without_end() {
        let look_ups = LookUps::new(1);
        let _hangs = look_ups.begin(HERE).await.unwrap();
        assert!(matches!(look_ups.begin(HERE).await, Err(Error::Unavailable { .. })));
    }

    #[tokio::test]
    async fn a_minute_ends() {
        let look_ups = LookUps::new(2);
        let late = look_ups.begin(HERE).await.unwrap();
        look_ups.failed(look_ups.begin(HERE).await.unwrap());
        look_ups.with(HERE, |window| window.ends = Instant::now());
        look_ups.failed(late);
        for _ in 0..2 {
            look_ups.failed(look_ups.begin(HERE).await.unwrap());
        }
        assert!(look_ups.begin(HERE).await.is_err(), "what began before does not count");
    }

    #[tokio::test]
    async fn addresses_without_failures_are_forgotten() {
        let look_ups = LookUps::new(1);
        look_ups.failed(look_ups.begin(HERE).await.unwrap());
        for address in 0..u32::try_from(PRUNE_AT).unwrap() {
            drop(look_ups.begin(std::net::Ipv4Addr::from_bits(address).into()).await.unwrap());
        }
        assert!(look_ups.addresses.lock().unwrap().0.len() < PRUNE_AT);
        assert!(look_ups.begin(HERE).await.is_err(), "a failure is not forgotten");
    }

    #[test]
    fn addresses_of_one_host_count_together() {
        let of = |text: &str| counted(text.parse().unwrap()).to_string();
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(of("192.0.2.7"), "192.0.2.7");
    }
}
