//! What is measured around requests.

use super::declared::{
    CONNECTIONS_CUT, HTTP_DURATION, HTTP_REQUESTS, IDEMPOTENT_REPLAYS, LIMITER_LOCAL, LIMITER_REFUSALS,
};
use metrics::{SharedString, counter, histogram};
use std::time::Duration;

/// The route of requests for paths that no operation has: one word for all of them, since callers choose
/// their paths freely and every route is a series to be kept.
pub const UNKNOWN_ROUTE: &str = "unknown";

/// A request was answered. `route` is the path template of its operation, or [`UNKNOWN_ROUTE`].
pub fn http_answered(contract: &'static str, route: &'static str, method: &str, status: u16, took: Duration) {
    let method = standard(method);
    let status = SharedString::from_owned(status.to_string());
    counter!(HTTP_REQUESTS.name, "contract" => contract, "route" => route, "method" => method, "status" => status)
        .increment(1);
    histogram!(HTTP_DURATION.name, "contract" => contract, "route" => route, "method" => method).record(took);
}

/// The method, or `other` for those that only a caller has heard of.
fn standard(method: &str) -> &'static str {
    const STANDARD: [&str; 9] =
        ["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS", "CONNECT", "TRACE"];
    STANDARD.into_iter().find(|known| *known == method).unwrap_or("other")
}

/// Why a connection was closed before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Its address had as many as it may.
    Address,
    /// Another needed its place.
    Full,
    /// Its client was too slow, or took nothing of its answers.
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

/// A connection was closed before its time.
pub fn connection_cut(reason: Cut) {
    counter!(CONNECTIONS_CUT.name, "reason" => reason.as_str()).increment(1);
}

/// The limit that a refused request had reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Requests of the key in a minute.
    Minute,
    /// Requests of the key in a day.
    Day,
    /// Requests of the key at once.
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

/// A request was refused because of a limit.
pub fn limiter_refused(contract: &'static str, reason: Limit) {
    counter!(LIMITER_REFUSALS.name, "contract" => contract, "reason" => reason.as_str()).increment(1);
}

/// A request was counted by this process alone, since Redis was away.
pub fn limiter_local() {
    counter!(LIMITER_LOCAL.name).increment(1);
}

/// A request that was sent again got the kept answer.
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
