//! A delivery, in one line.

use crate::{bar::duration, output, receiver::Delivery};
use chrono::{DateTime, Utc};
use kernel::webhooks::Unverified;
use reqwest::StatusCode;
use std::{fmt, time::Duration};

/// What became of a delivery.
pub(super) enum Outcome {
    /// It is not the platform's.
    Refused(Unverified),
    /// It was verified, and goes nowhere else.
    Taken,
    /// It was passed on, and this was the answer.
    Forwarded(StatusCode, Duration),
    /// It could not be passed on.
    Away(String),
}

impl Outcome {
    /// What the platform is answered.
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

/// Time, type, event, number, and what became of it. What a header has is visible ASCII: it cannot move the
/// terminal's cursor.
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
