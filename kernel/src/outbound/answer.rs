//! What a receiver answered.

use chrono::{DateTime, Utc};
use reqwest::{Response, header::RETRY_AFTER};
use std::time::Duration;
use tokio::time::timeout;

/// What a call may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How long all of it may take, from the look-up to the end of the answer's head.
    pub total: Duration,
    /// How many bytes of the answer's body are read.
    pub keep: usize,
}

/// An answer of any status; redirects are not followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The header `Retry-After`, as it came.
    pub retry_after: Option<String>,
    /// The body, up to the limit, as far as it came.
    pub first: Vec<u8>,
    /// How long the call took.
    pub took: Duration,
}

impl Answer {
    /// Whether the status is one of success.
    pub const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    /// How long the receiver wants to be left alone (RFC 9110, 10.2.3: seconds, or a date); none if it does
    /// not say, or says it in another form. It may ask for any time: the caller sets a bound.
    pub fn pause(&self, now: DateTime<Utc>) -> Option<Duration> {
        let text = self.retry_after.as_deref()?.trim();
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            return text.parse().ok().map(Duration::from_secs);
        }
        let date = DateTime::parse_from_rfc2822(text).ok()?.with_timezone(&Utc);
        Some((date - now).to_std().unwrap_or_default())
    }
}

/// The status, and no more than `keep` bytes of the body, as far as it comes in time: whatever becomes of it, the
/// receiver has said what it made of the request. A longer one ends with the connection: to read the rest away, so
/// that the connection can be used again, would be work for whoever sends without end.
pub(super) async fn read(mut response: Response, keep: usize, patience: Duration) -> Answer {
    let status = response.status().as_u16();
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after = retry_after.map(str::to_owned);
    let mut first = Vec::new();
    let body = async {
        // One byte beyond the limit tells a body that ends there from a longer one.
        while first.len() <= keep
            && let Ok(Some(chunk)) = response.chunk().await
        {
            first.extend_from_slice(&chunk[..chunk.len().min(keep + 1 - first.len())]);
        }
    };
    let _ = timeout(patience, body).await;
    first.truncate(keep);
    Answer { status, retry_after, first, took: Duration::ZERO }
}
