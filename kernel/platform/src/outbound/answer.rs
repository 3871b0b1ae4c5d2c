//! Responses of receivers.

use chrono::{DateTime, Utc};
use reqwest::{Response, header::RETRY_AFTER};
use std::time::Duration;
use tokio::time::timeout;

/// The limits of a call.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Timeout from the look-up to the end of the response's head.
    pub total: Duration,
    /// Maximum number of bytes read of the body.
    pub keep: usize,
}

/// A response of any status; redirects are not followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The header `Retry-After`.
    pub retry_after: Option<String>,
    /// The body, up to the limit, possibly incomplete.
    pub first: Vec<u8>,
    /// The duration of the call.
    pub took: Duration,
}

impl Answer {
    /// Whether the status is one of success.
    pub const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    /// The delay requested by the receiver (RFC 9110, 10.2.3: seconds or a date); `None` without a valid one. It is not
    /// bounded.
    pub fn pause(&self, now: DateTime<Utc>) -> Option<Duration> {
        let text = self.retry_after.as_deref()?.trim();
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            return text.parse().ok().map(Duration::from_secs);
        }
        let date = DateTime::parse_from_rfc2822(text).ok()?.with_timezone(&Utc);
        Some((date - now).to_std().unwrap_or_default())
    }
}

/// Reads the status and at most `keep` bytes of the body, as far as it arrives in time: errors of the body do not
/// matter, because the receiver has already decided. After a longer body the connection is closed, because reading the
/// rest could take forever.
pub(super) async fn read(mut response: Response, keep: usize, patience: Duration) -> Answer {
    let status = response.status().as_u16();
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after = retry_after.map(str::to_owned);
    let mut first = Vec::new();
    let body = async {
        // One more byte distinguishes a body that ends at the limit from a longer one.
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
