//! Metrics, for a monitoring system (Prometheus). Each is declared once ([`declared`]) and measured by a
//! function here, so that its name, its labels and its unit are nobody else's concern. Labels only have
//! values of our own making, few of them: each combination is a series to be kept.
//!
//! Counters and histograms are this process's; what queues hold is everybody's, and looked up when asked.

pub mod declared;
mod edge;
mod exposition;
mod jobs;
mod recorder;
mod scrape;
mod webhooks;

pub use edge::{
    Cut, Limit, UNKNOWN_ROUTE, connection_cut, http_answered, idempotent_replay, limiter_local,
    limiter_refused,
};
pub use jobs::{JobMetrics, JobOutcome, ended_with_lease, lease_lost, reconciler_pushed, reconciling};
pub use recorder::install;
pub use scrape::Scraper;
pub use webhooks::delivered;

/// The time of the host, whatever clock a test has, in seconds since 1970.
fn unix_seconds() -> f64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0.0, |time| time.as_secs_f64())
}
