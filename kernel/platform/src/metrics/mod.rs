//! Metrics for Prometheus. Each is declared once ([`declared`]) and measured by a function here, which defines its
//! labels and unit. Labels have only few, fixed values, because each combination is a series.
//!
//! Counters and histograms belong to this process; the state of queues is shared, and read at each scrape.

pub mod declared;
mod edge;
pub mod exposition;
mod jobs;
pub mod recorder;
mod webhooks;

pub use edge::{
    Cut, Limit, UNKNOWN_ROUTE, connection_cut, http_answered, idempotent_replay, limiter_local,
    limiter_refused,
};
pub use jobs::{JobMetrics, JobOutcome, ended_with_lease, lease_lost, reconciler_pushed, reconciling};
pub use recorder::install;
pub use webhooks::delivered;

/// The host's time in seconds since 1970, regardless of test clocks.
fn unix_seconds() -> f64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0.0, |time| time.as_secs_f64())
}
