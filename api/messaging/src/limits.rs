//! The state of a caller's rate limits, in the headers of the contract's documentation ("Rate limits"):
//! `X-RateLimit-Limit`, `X-RateLimit-Remaining`, `X-RateLimit-Reset`.

use edge::ends_at;
use kernel::limits::RateLimitStatus;
use poem::http::HeaderName;

/// The headers, as they are documented.
pub const DOCUMENTED: &[(&str, &str)] = &[
    ("X-RateLimit-Limit", "Requests allowed per window"),
    ("X-RateLimit-Remaining", "Requests remaining in the window"),
    ("X-RateLimit-Reset", "Time at which the window ends (Unix seconds)"),
];

/// The headers: of the window that is exhausted, otherwise of the minute.
pub fn headers(status: &RateLimitStatus) -> Vec<(HeaderName, String)> {
    let window = status.limiting();
    vec![
        (HeaderName::from_static("x-ratelimit-limit"), window.limit.to_string()),
        (HeaderName::from_static("x-ratelimit-remaining"), window.remaining.to_string()),
        (HeaderName::from_static("x-ratelimit-reset"), ends_at(window).to_string()),
    ]
}
