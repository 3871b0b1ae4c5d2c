//! What the platform does for its organizations.

use super::{DAY, MINUTE, MOMENT, SECOND, YEAR, ZERO};
use crate::config::rules::{Field, database_url, duration, flag, list, one_of, path, secret_text, whole};
use std::{path::PathBuf, time::Duration};

sections! {
    /// Deliveries of events.
    pub struct Webhooks {
        /// Endpoints of one organization at most.
        pub endpoints: usize = whole(1..=10_000),
        /// How long one delivery may take, with its answer.
        pub timeout: Duration = duration(MOMENT..=5 * MINUTE),
        /// The pause before each attempt; as many attempts as pauses.
        pub schedule: Vec<Duration> = list(duration(ZERO..=30 * DAY)),
        /// Deliveries to an endpoint that are under way at once.
        pub concurrency: usize = whole(1..=1000),
        /// Failures in a row after which the breaker opens.
        pub breaker_failures: usize = whole(1..=10_000),
        /// For how long it opens at first; each further time in a row for twice as long.
        pub breaker_pause: Duration = duration(MOMENT..=DAY),
        /// For how long it opens at most.
        pub breaker_longest: Duration = duration(MOMENT..=DAY),
        /// After so long with nothing but failures an endpoint is disabled.
        pub disable_after: Duration = duration(MOMENT..=YEAR),
        /// Deliveries a second in the first ten seconds of a resume; each further ten seconds twice as many.
        pub resume_rate: usize = whole(1..=1_000_000),
        /// How long whoever has sent all that was due waits for more.
        pub linger: Duration = duration(ZERO..=MINUTE),
    }

    /// Orders that vendors fulfil.
    pub struct Vendors {
        /// How long a vendor is waited for.
        pub deadline: Duration = duration(SECOND..=YEAR),
    }

    /// The organization to try things with.
    pub struct Sandbox {
        /// Whether the first start of an embedded platform makes it.
        pub seed: bool = flag(),
    }

    /// Billing of months that are over.
    pub struct Invoices {
        /// Whether runs begin by the calendar.
        pub enabled: bool = flag(),
        /// On which day of the month after it a month is billed.
        pub day: usize = whole(1..=28),
        /// From which hour of that day on, by the organization's clocks.
        pub hour: usize = whole(0..=23),
        /// Days from an invoice's date to the one on which it is due.
        pub due_days: usize = whole(0..=365),
        /// Customers whose invoices are made in one transaction.
        pub batch: usize = whole(1..=5000),
        /// Whether invoices are mailed.
        pub mail: bool = flag(),
        /// What they are drawn by; empty: the template that is compiled in.
        pub template: PathBuf = path(),
        /// A folder of fonts for letters that those of the program do not have; empty: none.
        pub fonts: PathBuf = path(),
        /// Whether the fonts of the operating system are used for such letters too.
        pub system_fonts: bool = flag(),
    }

    /// What makes services work in networks.
    pub struct Provisioners {
        /// A simulated network.
        pub simulator: Simulator = Simulator::read_at,
        /// FreeRADIUS.
        pub radius: Radius = Radius::read_at,
    }

    /// A simulated network.
    pub struct Simulator {
        /// How long a change takes.
        pub delay: Duration = duration(ZERO..=10 * MINUTE),
        /// Of the changes to a service, how many fail first.
        pub failures: usize = whole(0..=1_000_000),
        /// Acknowledges changes and makes none.
        pub lies: bool = flag(),
        /// Where it stands still.
        pub stops: Stop = stop(),
    }

    /// FreeRADIUS, and the network access servers (NAS) that ask it.
    pub struct Radius {
        /// Its database, of its own schema; empty: there is none.
        pub url: String = database_url(),
        /// Where a NAS takes requests about its sessions.
        pub port: usize = whole(1..=65_535),
        /// What is shared with a NAS that the table `nas` does not have.
        pub secret: String = secret_text(),
        /// How long one request to a NAS waits for its answer; the database gets as long as all tries together.
        pub timeout: Duration = duration(MOMENT..=MINUTE),
        /// How often a request is sent before the NAS counts as away.
        pub tries: usize = whole(1..=100),
        /// How often what its accounting tells is added to what customers used.
        pub accounting: Duration = duration(MOMENT..=DAY),
    }
}

/// Where the simulator stands still, so that a test can kill its process there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Nowhere.
    Nowhere,
    /// Before a service is made as it is to be.
    Before,
    /// When it is, and that is not acknowledged yet.
    After,
    /// Before it is read back.
    Read,
    /// Before a service is removed.
    Removing,
    /// When it is, and that is not acknowledged yet.
    Removed,
}

fn stop() -> impl Field<Stop> {
    let words = [
        ("nowhere", Stop::Nowhere),
        ("before", Stop::Before),
        ("after", Stop::After),
        ("read", Stop::Read),
        ("removing", Stop::Removing),
        ("removed", Stop::Removed),
    ];
    one_of(words.map(|(name, stop)| (name.to_owned(), stop)).into())
}
