//! The state of a partner's rate limits, in the headers that the contract names ("Rate Limits" of its
//! description): `X-RateLimit-Remaining-Minute`, `X-RateLimit-Remaining-Day`, `X-RateLimit-Reset`.

use kernel::limits::RateLimitStatus;
use poem::http::HeaderName;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The headers, as they are documented.
pub const DOCUMENTED: &[(&str, &str)] = &[
    ("X-RateLimit-Remaining-Minute", "Requests remaining this minute"),
    ("X-RateLimit-Remaining-Day", "Requests remaining today"),
    ("X-RateLimit-Reset", "Time at which the limit resets (Unix seconds)"),
];

/// The headers. The reset is that of the window which is full, else of the minute, in unix seconds.
pub fn headers(standing: &RateLimitStatus) -> Vec<(HeaderName, String)> {
    let RateLimitStatus { minute, day, .. } = standing;
    let window = if day.remaining == 0 { day } else { minute };
    vec![
        (HeaderName::from_static("x-ratelimit-remaining-minute"), minute.remaining.to_string()),
        (HeaderName::from_static("x-ratelimit-remaining-day"), day.remaining.to_string()),
        (HeaderName::from_static("x-ratelimit-reset"), at(window.resets_in).to_string()),
    ]
}

/// The unix second at which a window ends, rounded up.
fn at(from_now: Duration) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (now + from_now).as_secs() + 1
}
