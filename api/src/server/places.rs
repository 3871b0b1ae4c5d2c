//! Limits on open connections, in total and per address, and which connection is closed to make room for a new one.
//!
//! At a limit, a new connection replaces the one that has waited longest for its client: of all connections, or of
//! those from its own address. While every connection has a request in progress, a few spare places remain, for
//! health checks alone.

use super::activity::Activity;
use ipnet::IpNet;
use kernel::{
    config::Http,
    limits::counted,
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

/// Places beyond the bound.
const SPARE: usize = 32;
/// How often it is logged at most that an address has too many.
const REMIND: Duration = Duration::from_mins(1);

/// The places of a listener.
pub struct Places {
    all: usize,
    per_address: usize,
    /// Networks whose addresses speak for many clients.
    exempt: Vec<IpNet>,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    /// By number; later ones have higher numbers.
    connections: HashMap<u64, Occupant>,
    of_address: HashMap<IpAddr, usize>,
    spare: usize,
    next: u64,
    reminded: Option<Instant>,
}

struct Occupant {
    /// None: not counted for an address.
    address: Option<IpAddr>,
    activity: Arc<Activity>,
    cut: CancellationToken,
    spare: bool,
}

impl Places {
    /// As many as the settings say.
    pub fn new(settings: &Http) -> Arc<Self> {
        let (all, per_address) = (settings.max_connections, settings.max_connections_per_address);
        let exempt = settings.trusted_proxies.clone();
        Arc::new(Self { all, per_address, exempt, taken: Mutex::default() })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a connection from there.
    pub fn take(self: &Arc<Self>, peer: IpAddr, activity: Arc<Activity>) -> Place {
        let address = self.counted(peer);
        let mut taken = self.taken();
        let spare = !self.has_room(&mut taken, address);
        if spare && taken.spare >= SPARE {
            taken.end_oldest_spare();
        }
        let cut = CancellationToken::new();
        let occupant = Occupant { address, activity, cut: cut.clone(), spare };
        Place { number: taken.add(occupant), places: self.clone(), cut, spare }
    }

    /// Whether there is room for an ordinary connection, after making it if need be.
    fn has_room(&self, taken: &mut Taken, address: Option<IpAddr>) -> bool {
        if let Some(address) = address
            && taken.count(address) >= self.per_address
        {
            taken.remind(address);
            return taken.make_room(Cut::Address, |occupant| occupant.address == Some(address));
        }
        taken.connections.len() - taken.spare < self.all || taken.make_room(Cut::Full, |_| true)
    }

    /// The address that a connection is counted for, as everywhere; `None` for a trusted proxy.
    fn counted(&self, peer: IpAddr) -> Option<IpAddr> {
        let is_exempt = self.exempt.iter().any(|network| network.contains(&peer));
        (!is_exempt).then(|| counted(peer))
    }
}

impl Taken {
    fn count(&self, address: IpAddr) -> usize {
        self.of_address.get(&address).copied().unwrap_or_default()
    }

    fn add(&mut self, occupant: Occupant) -> u64 {
        if let Some(address) = occupant.address {
            *self.of_address.entry(address).or_default() += 1;
        }
        self.spare += usize::from(occupant.spare);
        self.next += 1;
        self.connections.insert(self.next, occupant);
        self.next
    }

    fn remove(&mut self, number: u64) -> Option<Occupant> {
        let occupant = self.connections.remove(&number)?;
        self.spare -= usize::from(occupant.spare);
        if let Some(address) = occupant.address
            && let Some(count) = self.of_address.get_mut(&address)
        {
            *count -= 1;
            if *count == 0 {
                self.of_address.remove(&address);
            }
        }
        Some(occupant)
    }

    fn end(&mut self, number: u64, reason: Cut) {
        if let Some(occupant) = self.remove(number) {
            metrics::connection_cut(reason);
            occupant.cut.cancel();
        }
    }

    /// Ends the connection that has waited longest for its client, of those that may be; false if none waits.
    fn make_room(&mut self, reason: Cut, may_end: impl Fn(&Occupant) -> bool) -> bool {
        let may_end = self.connections.iter().filter(|(_, occupant)| !occupant.spare && may_end(occupant));
        let waiting = may_end.filter_map(|(number, one)| Some((one.activity.waiting_since()?, *number)));
        let longest = waiting.min().map(|(_, number)| number);
        longest.inspect(|number| self.end(*number, reason)).is_some()
    }

    fn end_oldest_spare(&mut self) {
        let spare = self.connections.iter().filter(|(_, occupant)| occupant.spare);
        if let Some(oldest) = spare.map(|(number, _)| *number).min() {
            self.end(oldest, Cut::Full);
        }
    }

    fn remind(&mut self, address: IpAddr) {
        if self.reminded.is_none_or(|last| last.elapsed() >= REMIND) {
            self.reminded = Some(Instant::now());
            tracing::warn!(
                %address,
                "an address has http.max_connections_per_address connections; closing those that wait longest (is \
                 it a proxy? then name it in http.trusted_proxies)"
            );
        }
    }
}

/// A place, taken until it is dropped.
pub struct Place {
    number: u64,
    places: Arc<Places>,
    cut: CancellationToken,
    spare: bool,
}

impl Place {
    /// Whether it is for health alone.
    pub const fn is_spare(&self) -> bool {
        self.spare
    }

    /// Waits until the connection has to end.
    pub async fn cut(&self) {
        self.cut.cancelled().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.taken().remove(self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::activity::Patience;
    use kernel::config::Settings;

    fn places(all: usize, per_address: usize) -> Arc<Places> {
        let mut http = Settings::default().http;
        (http.max_connections, http.max_connections_per_address) = (all, per_address);
        http.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
        Places::new(&http)
    }

    fn activity() -> Arc<Activity> {
        let long = Duration::from_hours(1);
        Arc::new(Activity::new(Patience { read: long, idle: long }))
    }

    fn take(places: &Arc<Places>, address: &str) -> Place {
        places.take(address.parse().unwrap(), activity())
    }

    /// A connection with a request that is worked on.
    fn busy(places: &Arc<Places>) -> Place {
        let activity = activity();
        activity.asked(false);
        places.take("192.0.2.1".parse().unwrap(), activity)
    }

    fn ended(places: &[Place]) -> Vec<bool> {
        places.iter().map(|place| place.cut.is_cancelled()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_has_so_many_places() {
        let places = places(100, 2);
        let other = take(&places, "192.0.2.2");
        let mut held = vec![];
        for _ in 0..3 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            held.push(take(&places, "192.0.2.1"));
        }
        assert_eq!(ended(&held), [true, false, false]);
        assert!(!other.cut.is_cancelled(), "another's are its own");
        drop(held);
        let network = ["2001:db8::1", "2001:db8::ffff:1", "2001:db8::2", "2001:db8:0:1::1"];
        let network = network.map(|address| take(&places, address));
        assert_eq!(ended(&network), [true, false, false, false], "a client of IPv6 has a whole /64");
        drop(network);
        let proxy: Vec<_> = (0..9).map(|_| take(&places, "10.0.0.1")).collect();
        assert_eq!(ended(&proxy), [false; 9], "a trusted proxy speaks for many");
        drop((proxy, other));
        assert!(places.taken().of_address.is_empty() && places.taken().connections.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn the_connection_that_has_waited_longest_makes_room() {
        let places = places(3, 100);
        let working = busy(&places);
        let mut waiting = vec![];
        for _ in 0..4 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            waiting.push(take(&places, "192.0.2.2"));
        }
        assert_eq!(ended(&waiting), [true, true, false, false]);
        assert!(!working.cut.is_cancelled() && !waiting.iter().any(Place::is_spare));
        assert_eq!(places.taken().connections.len(), 3);
        drop(waiting);
        assert_eq!(places.taken().connections.len(), 1, "one that was ended leaves no second time");
    }

    #[test]
    fn while_all_are_worked_on_there_are_spare_places() {
        for (all, per_address) in [(2, 100), (100, 2)] {
            let places = places(all, per_address);
            let working = [busy(&places), busy(&places)];
            let spare: Vec<_> = (0..=SPARE).map(|_| take(&places, "192.0.2.1")).collect();
            assert!(spare.iter().all(Place::is_spare));
            assert_eq!(ended(&spare), [&[true][..], &[false; SPARE]].concat(), "the oldest makes room");
            assert_eq!(ended(&working), [false; 2]);
            assert!(!working.iter().any(Place::is_spare));
            drop((working, spare));
            assert!(!take(&places, "192.0.2.1").is_spare(), "ordinary again");
        }
    }
}
