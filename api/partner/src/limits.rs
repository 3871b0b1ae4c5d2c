//! The state of a partner's rate limits, in the headers that the contract names ("Rate Limits" of its
//! description): `X-RateLimit-Remaining-Minute`, `X-RateLimit-Remaining-Day`, `X-RateLimit-Reset`.

use edge::ends_at;
use kernel::limits::RateLimitStatus;
use poem::http::HeaderName;

/// The headers, as they are documented.
pub const DOCUMENTED: &[(&str, &str)] = &[
    ("X-RateLimit-Remaining-Minute", "Requests remaining this minute"),
    ("X-RateLimit-Remaining-Day", "Requests remaining today"),
    ("X-RateLimit-Reset", "Time at which the limit resets (Unix seconds)"),
];

/// The headers. The reset is that of the window which is full, else of the minute, in unix seconds.
pub fn headers(status: &RateLimitStatus) -> Vec<(HeaderName, String)> {
    let RateLimitStatus { minute, day, .. } = status;
    vec![
        (HeaderName::from_static("x-ratelimit-remaining-minute"), minute.remaining.to_string()),
        (HeaderName::from_static("x-ratelimit-remaining-day"), day.remaining.to_string()),
        (HeaderName::from_static("x-ratelimit-reset"), ends_at(status.limiting()).to_string()),
    ]
}
