//! The state of a caller's rate limits, in the headers of the contract's documentation ("Rate limits"):
//! `X-RateLimit-Limit`, `X-RateLimit-Remaining`, `X-RateLimit-Reset`.

use kernel::limits::RateLimitStatus;
use poem::http::HeaderName;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The headers, as they are documented.
pub const DOCUMENTED: &[(&str, &str)] = &[
    ("X-RateLimit-Limit", "Requests allowed per window"),
    ("X-RateLimit-Remaining", "Requests remaining in the window"),
    ("X-RateLimit-Reset", "Time at which the window ends (Unix seconds)"),
];

/// The headers: of the window that is exhausted, otherwise of the minute.
pub fn headers(status: &RateLimitStatus) -> Vec<(HeaderName, String)> {
    let RateLimitStatus { minute, day, .. } = status;
    let window = if day.remaining == 0 { day } else { minute };
    vec![
        (HeaderName::from_static("x-ratelimit-limit"), window.limit.to_string()),
        (HeaderName::from_static("x-ratelimit-remaining"), window.remaining.to_string()),
        (HeaderName::from_static("x-ratelimit-reset"), ends_at(window.resets_in).to_string()),
    ]
}

/// The Unix second at which a window ends, rounded up.
fn ends_at(from_now: Duration) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (now + from_now).as_secs() + 1
}
