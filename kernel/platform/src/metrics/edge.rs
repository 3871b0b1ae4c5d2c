//! Metrics of requests.

use super::declared::{
    CONNECTIONS_CUT, HTTP_DURATION, HTTP_REQUESTS, IDEMPOTENT_REPLAYS, LIMITER_LOCAL, LIMITER_REFUSALS,
};
use metrics::{SharedString, counter, histogram};
use std::time::Duration;

/// The route of unknown paths: one value, because callers choose paths freely and every route is a series.
pub const UNKNOWN_ROUTE: &str = "unknown";

/// Counts a response. `route` is the path template of its operation, or [`UNKNOWN_ROUTE`].
pub fn http_answered(contract: &'static str, route: &'static str, method: &str, status: u16, took: Duration) {
    let method = standard(method);
    let status = SharedString::from_owned(status.to_string());
    counter!(HTTP_REQUESTS.name, "contract" => contract, "route" => route, "method" => method, "status" => status)
        .increment(1);
    histogram!(HTTP_DURATION.name, "contract" => contract, "route" => route, "method" => method).record(took);
}

/// The method, or `other` for unknown ones.
fn standard(method: &str) -> &'static str {
    const STANDARD: [&str; 9] =
        ["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS", "CONNECT", "TRACE"];
    STANDARD.into_iter().find(|known| *known == method).unwrap_or("other")
}

/// Why a connection was closed early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Its address had too many.
    Address,
    /// Its slot was needed for another.
    Full,
    /// Its client was too slow or did not read responses.
    Slow,
}

impl Cut {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Full => "full",
            Self::Slow => "slow",
        }
    }
}

/// Counts a connection closed early.
pub fn connection_cut(reason: Cut) {
    counter!(CONNECTIONS_CUT.name, "reason" => reason.as_str()).increment(1);
}

/// The limit that a rejected request has reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Requests per minute of a key.
    Minute,
    /// Requests per day of a key.
    Day,
    /// Concurrent requests of a key.
    InFlight,
    /// Requests of an address without a valid credential.
    Anonymous,
}

impl Limit {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Day => "day",
            Self::InFlight => "in_flight",
            Self::Anonymous => "anonymous",
        }
    }
}

/// Counts a request rejected because of a limit.
pub fn limiter_refused(contract: &'static str, reason: Limit) {
    counter!(LIMITER_REFUSALS.name, "contract" => contract, "reason" => reason.as_str()).increment(1);
}

/// Counts a request counted only by this process, because Redis was unavailable.
pub fn limiter_local() {
    counter!(LIMITER_LOCAL.name).increment(1);
}

/// Counts a repeated request that got the stored response.
pub fn idempotent_replay(contract: &'static str) {
    counter!(IDEMPOTENT_REPLAYS.name, "contract" => contract).increment(1);
}

#[cfg(test)]
mod tests {
    use super::standard;

    #[test]
    fn callers_cannot_make_methods_up() {
        for (method, label) in [("GET", "GET"), ("get", "other"), ("BREW", "other"), ("", "other")] {
            assert_eq!(standard(method), label);
        }
    }
}
