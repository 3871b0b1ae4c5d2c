//! Settings of domain features.

use super::{DAY, MINUTE, MOMENT, SECOND, YEAR, ZERO};
use crate::config::rules::{Field, database_url, duration, flag, list, one_of, path, secret_text, whole};
use std::{path::PathBuf, time::Duration};

sections! {
    /// Webhook deliveries.
    pub struct Webhooks {
        /// Maximum number of endpoints per organization.
        pub endpoints: usize = whole(1..=10_000),
        /// Timeout of a delivery, including the response.
        pub timeout: Duration = duration(MOMENT..=5 * MINUTE),
        /// The delay before each attempt; the number of delays is the number of attempts.
        pub schedule: Vec<Duration> = list(duration(ZERO..=30 * DAY)),
        /// Maximum number of concurrent deliveries to an endpoint.
        pub concurrency: usize = whole(1..=1000),
        /// Consecutive failures after which the breaker opens.
        pub breaker_failures: usize = whole(1..=10_000),
        /// How long it opens at first; doubled each further time in a row.
        pub breaker_pause: Duration = duration(MOMENT..=DAY),
        /// Maximum time it opens.
        pub breaker_longest: Duration = duration(MOMENT..=DAY),
        /// An endpoint is disabled after only failures for this time.
        pub disable_after: Duration = duration(MOMENT..=YEAR),
        /// Deliveries per second in the first ten seconds after a resume; doubled every ten seconds.
        pub resume_rate: usize = whole(1..=1_000_000),
        /// How long a session waits for more deliveries.
        pub linger: Duration = duration(ZERO..=MINUTE),
    }

    /// Orders to vendors.
    pub struct Vendors {
        /// The deadline for a vendor's result.
        pub deadline: Duration = duration(SECOND..=YEAR),
    }

    /// Messaging.
    pub struct Messaging {
        /// Maximum number of customers of an organization that are not archived.
        pub customers: usize = whole(1..=10_000_000),
    }

    /// The sandbox organization.
    pub struct Sandbox {
        /// Whether the first start of an embedded platform creates it.
        pub seed: bool = flag(),
    }

    /// Billing of past months.
    pub struct Invoices {
        /// Whether runs start automatically.
        pub enabled: bool = flag(),
        /// The day of the following month on which a month is billed.
        pub day: usize = whole(1..=28),
        /// The local hour of that day.
        pub hour: usize = whole(0..=23),
        /// Days from the invoice date to the due date.
        pub due_days: usize = whole(0..=365),
        /// Customers billed per transaction.
        pub batch: usize = whole(1..=5000),
        /// Whether invoices are mailed.
        pub mail: bool = flag(),
        /// The template; empty: the built-in one.
        pub template: PathBuf = path(),
        /// A folder of fallback fonts; empty: none.
        pub fonts: PathBuf = path(),
        /// Whether the operating system's fonts are fallbacks too.
        pub system_fonts: bool = flag(),
    }

    /// Provisioners.
    pub struct Provisioners {
        /// A simulated network.
        pub simulator: Simulator = Simulator::read_at,
        /// FreeRADIUS.
        pub radius: Radius = Radius::read_at,
    }

    /// A simulated network.
    pub struct Simulator {
        /// Duration of a change.
        pub delay: Duration = duration(ZERO..=10 * MINUTE),
        /// Number of changes to each service that fail first.
        pub failures: usize = whole(0..=1_000_000),
        /// Acknowledge changes without making them.
        pub lies: bool = flag(),
        /// Where it hangs.
        pub stops: Stop = stop(),
    }

    /// FreeRADIUS and its network access servers (NAS).
    pub struct Radius {
        /// Its database, with its own schema; empty: none.
        pub url: String = database_url(),
        /// The port of NASes for requests about sessions.
        pub port: usize = whole(1..=65_535),
        /// The shared secret of NASes that are not in the table `nas`.
        pub secret: String = secret_text(),
        /// Timeout of a request to a NAS; that of the database is that of all tries together.
        pub timeout: Duration = duration(MOMENT..=MINUTE),
        /// Number of tries per request.
        pub tries: usize = whole(1..=100),
        /// Interval of reading accounting data.
        pub accounting: Duration = duration(MOMENT..=DAY),
    }
}

/// Where the simulator hangs, so that a test can kill its process there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Nowhere.
    Nowhere,
    /// Before a change is applied.
    Before,
    /// When it is, and that is not acknowledged yet.
    After,
    /// Before reading back.
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
