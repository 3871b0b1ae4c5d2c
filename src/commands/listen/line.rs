//! Formats a delivery as one line.

use crate::{output, progress_bar::duration, receiver::Delivery};
use chrono::{DateTime, Utc};
use reqwest::StatusCode;
use std::{fmt, time::Duration};
use webhooks::wire::Unverified;

/// The outcome of a delivery.
pub(super) enum Outcome {
    /// Its signature is invalid.
    Refused(Unverified),
    /// Verified and not forwarded.
    Taken,
    /// Forwarded, with the response's status.
    Forwarded(StatusCode, Duration),
    /// Forwarding failed.
    Away(String),
}

impl Outcome {
    /// The status returned to the platform.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Refused(_) => StatusCode::UNAUTHORIZED,
            Self::Taken => StatusCode::OK,
            Self::Forwarded(status, _) => *status,
            Self::Away(_) => StatusCode::BAD_GATEWAY,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(reason) => write!(f, "NOT VERIFIED: {reason}"),
            Self::Taken => f.write_str("verified"),
            Self::Forwarded(status, took) => {
                write!(f, "verified, forwarded: {} in {}", status.as_u16(), duration(*took))
            }
            Self::Away(error) => write!(f, "verified, not forwarded: {error}"),
        }
    }
}

/// Time, type, event, number and outcome. Header values are visible ASCII, so they cannot move the cursor.
pub(super) fn line(at: DateTime<Utc>, delivery: &Delivery, outcome: &Outcome) -> String {
    let [kind, event, sequence] =
        ["x-swell-event", "webhook-id", "webhook-sequence"].map(|name| delivery.header(name));
    format!("{}  {kind}  {event}  #{sequence}  {outcome}", output::time(at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderMap;

    #[test]
    fn a_line_tells_what_came_and_what_became_of_it() {
        let mut headers = HeaderMap::new();
        for (name, value) in
            [("x-swell-event", "customer.created"), ("webhook-id", "evt_1"), ("webhook-sequence", "7")]
        {
            headers.insert(name, value.parse().unwrap());
        }
        let delivery = Delivery { headers, body: bytes::Bytes::new(), verified: Ok(()) };
        let outcome = Outcome::Forwarded(StatusCode::IM_A_TEAPOT, Duration::from_millis(12));
        let line = line(DateTime::UNIX_EPOCH, &delivery, &outcome);
        assert!(
            line.starts_with(
                "1970-01-01 00:00:00Z  customer.created  evt_1  #7  verified, forwarded: 418 in "
            ),
            "{line}"
        );
    }

    #[test]
    fn the_platform_hears_what_the_receiver_said() {
        let statuses = [
            (Outcome::Refused(Unverified::Signature), 401),
            (Outcome::Taken, 200),
            (Outcome::Forwarded(StatusCode::GONE, Duration::ZERO), 410),
            (Outcome::Away("refused".into()), 502),
        ];
        for (outcome, status) in statuses {
            assert_eq!(outcome.status().as_u16(), status, "{outcome}");
        }
    }
}
