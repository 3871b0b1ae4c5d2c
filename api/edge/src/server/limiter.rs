//! Limits on open connections, in total and per address, and which connection is closed to make room for a new one.
//!
//! At a limit, a new connection replaces the one that has waited longest for its client: of all connections, or of
//! those from its own address. While every connection has a request in progress, a few reserved permits remain, for
//! health checks alone.

use super::activity::Activity;
use ipnet::IpNet;
use kernel::limits::counted;
use platform::{
    config::Http,
    metrics::{self, Cut},
};
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Permits beyond `http.max_connections`, for health checks.
const RESERVED: usize = 32;
/// How often it is logged, at most, that an address has too many connections.
const WARN_INTERVAL: Duration = Duration::from_mins(1);

/// The limits of a listener.
pub struct ConnectionLimiter {
    all: usize,
    per_address: usize,
    /// Trusted proxies: one address stands for many clients.
    exempt: Vec<IpNet>,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    /// By number; later ones have higher numbers.
    connections: HashMap<u64, Connection>,
    of_address: HashMap<IpAddr, usize>,
    reserved: usize,
    next: u64,
    warned: Option<Instant>,
}

struct Connection {
    /// `None`: not counted for an address.
    address: Option<IpAddr>,
    activity: Arc<Activity>,
    cut: CancellationToken,
    reserved: bool,
}

impl ConnectionLimiter {
    /// With the limits of the settings.
    pub fn new(settings: &Http) -> Arc<Self> {
        let (all, per_address) = (settings.max_connections, settings.max_connections_per_address);
        let exempt = settings.trusted_proxies.clone();
        Arc::new(Self { all, per_address, exempt, open: Mutex::default() })
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a new connection, and closes another where a limit is reached.
    pub fn acquire(self: &Arc<Self>, peer: IpAddr, activity: Arc<Activity>) -> ConnectionPermit {
        let address = self.counted(peer);
        let mut open = self.open();
        let reserved = !self.make_room(&mut open, address);
        if reserved && open.reserved >= RESERVED {
            open.evict_oldest_reserved();
        }
        let cut = CancellationToken::new();
        let connection = Connection { address, activity, cut: cut.clone(), reserved };
        ConnectionPermit { number: open.add(connection), limiter: self.clone(), cut, reserved }
    }

    /// Whether there is room for an ordinary connection; closes another where a limit is reached.
    fn make_room(&self, open: &mut Open, address: Option<IpAddr>) -> bool {
        if let Some(address) = address
            && open.count(address) >= self.per_address
        {
            open.warn_of(address);
            return open
                .evict_longest_waiting(Cut::Address, |connection| connection.address == Some(address));
        }
        open.connections.len() - open.reserved < self.all || open.evict_longest_waiting(Cut::Full, |_| true)
    }

    /// The address that a connection is counted for, as everywhere; `None` for a trusted proxy.
    fn counted(&self, peer: IpAddr) -> Option<IpAddr> {
        let is_exempt = self.exempt.iter().any(|network| network.contains(&peer));
        (!is_exempt).then(|| counted(peer))
    }
}

impl Open {
    fn count(&self, address: IpAddr) -> usize {
        self.of_address.get(&address).copied().unwrap_or_default()
    }

    fn add(&mut self, connection: Connection) -> u64 {
        if let Some(address) = connection.address {
            *self.of_address.entry(address).or_default() += 1;
        }
        self.reserved += usize::from(connection.reserved);
        self.next += 1;
        self.connections.insert(self.next, connection);
        self.next
    }

    fn remove(&mut self, number: u64) -> Option<Connection> {
        let connection = self.connections.remove(&number)?;
        self.reserved -= usize::from(connection.reserved);
        if let Some(address) = connection.address
            && let Some(count) = self.of_address.get_mut(&address)
        {
            *count -= 1;
            if *count == 0 {
                self.of_address.remove(&address);
            }
        }
        Some(connection)
    }

    fn evict(&mut self, number: u64, reason: Cut) {
        if let Some(connection) = self.remove(number) {
            metrics::connection_cut(reason);
            connection.cut.cancel();
        }
    }

    /// Closes the connection that has waited longest for its client, of those that may be closed; false if none waits.
    fn evict_longest_waiting(&mut self, reason: Cut, may_evict: impl Fn(&Connection) -> bool) -> bool {
        let may_evict =
            self.connections.iter().filter(|(_, connection)| !connection.reserved && may_evict(connection));
        let waiting = may_evict.filter_map(|(number, one)| Some((one.activity.waiting_since()?, *number)));
        let longest = waiting.min().map(|(_, number)| number);
        longest.inspect(|number| self.evict(*number, reason)).is_some()
    }

    fn evict_oldest_reserved(&mut self) {
        let reserved = self.connections.iter().filter(|(_, connection)| connection.reserved);
        if let Some(oldest) = reserved.map(|(number, _)| *number).min() {
            self.evict(oldest, Cut::Full);
        }
    }

    fn warn_of(&mut self, address: IpAddr) {
        if self.warned.is_none_or(|last| last.elapsed() >= WARN_INTERVAL) {
            self.warned = Some(Instant::now());
            tracing::warn!(
                %address,
                "an address has http.max_connections_per_address connections; closing those that wait longest (is \
                 it a proxy? then name it in http.trusted_proxies)"
            );
        }
    }
}

/// Counts an open connection until it is dropped.
pub struct ConnectionPermit {
    number: u64,
    limiter: Arc<ConnectionLimiter>,
    cut: CancellationToken,
    reserved: bool,
}

impl ConnectionPermit {
    /// Whether it is for health checks alone.
    pub const fn is_reserved(&self) -> bool {
        self.reserved
    }

    /// Waits until the connection is to be closed to make room for another.
    pub async fn revoked(&self) {
        self.cut.cancelled().await;
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        self.limiter.open().remove(self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::activity::Patience;
    use platform::config::Settings;

    fn limiter(all: usize, per_address: usize) -> Arc<ConnectionLimiter> {
        let mut http = Settings::default().http;
        (http.max_connections, http.max_connections_per_address) = (all, per_address);
        http.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
        ConnectionLimiter::new(&http)
    }

    fn activity() -> Arc<Activity> {
        let long = Duration::from_hours(1);
        Arc::new(Activity::new(Patience { read: long, idle: long }))
    }

    fn take(limiter: &Arc<ConnectionLimiter>, address: &str) -> ConnectionPermit {
        limiter.acquire(address.parse().unwrap(), activity())
    }

    /// A connection with a request that is worked on.
    fn busy(limiter: &Arc<ConnectionLimiter>) -> ConnectionPermit {
        let activity = activity();
        activity.asked(false);
        limiter.acquire("192.0.2.1".parse().unwrap(), activity)
    }

    fn ended(limiter: &[ConnectionPermit]) -> Vec<bool> {
        limiter.iter().map(|place| place.cut.is_cancelled()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_has_so_many_places() {
        let limiter = limiter(100, 2);
        let other = take(&limiter, "192.0.2.2");
        let mut held = vec![];
        for _ in 0..3 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            held.push(take(&limiter, "192.0.2.1"));
        }
        assert_eq!(ended(&held), [true, false, false]);
        assert!(!other.cut.is_cancelled(), "another's are its own");
        drop(held);
        let network = ["2001:db8::1", "2001:db8::ffff:1", "2001:db8::2", "2001:db8:0:1::1"];
        let network = network.map(|address| take(&limiter, address));
        assert_eq!(ended(&network), [true, false, false, false], "a client of IPv6 has a whole /64");
        drop(network);
        let proxy: Vec<_> = (0..9).map(|_| take(&limiter, "10.0.0.1")).collect();
        assert_eq!(ended(&proxy), [false; 9], "a trusted proxy stands for many clients");
        drop((proxy, other));
        assert!(limiter.open().of_address.is_empty() && limiter.open().connections.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn the_connection_that_has_waited_longest_makes_room() {
        let limiter = limiter(3, 100);
        let working = busy(&limiter);
        let mut waiting = vec![];
        for _ in 0..4 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            waiting.push(take(&limiter, "192.0.2.2"));
        }
        assert_eq!(ended(&waiting), [true, true, false, false]);
        assert!(!working.cut.is_cancelled() && !waiting.iter().any(ConnectionPermit::is_reserved));
        assert_eq!(limiter.open().connections.len(), 3);
        drop(waiting);
        assert_eq!(limiter.open().connections.len(), 1, "one that was ended leaves no second time");
    }

    #[test]
    fn while_all_are_worked_on_there_are_spare_places() {
        for (all, per_address) in [(2, 100), (100, 2)] {
            let limiter = limiter(all, per_address);
            let working = [busy(&limiter), busy(&limiter)];
            let reserved: Vec<_> = (0..=RESERVED).map(|_| take(&limiter, "192.0.2.1")).collect();
            assert!(reserved.iter().all(ConnectionPermit::is_reserved));
            assert_eq!(ended(&reserved), [&[true][..], &[false; RESERVED]].concat(), "the oldest makes room");
            assert_eq!(ended(&working), [false; 2]);
            assert!(!working.iter().any(ConnectionPermit::is_reserved));
            drop((working, reserved));
            assert!(!take(&limiter, "192.0.2.1").is_reserved(), "ordinary again");
        }
    }
}
