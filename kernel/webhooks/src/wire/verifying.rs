//! Verifies deliveries, as in Standard Webhooks 1.0 ("Verifying signatures"). Used by our own receivers: `switchyard
//! listen` and the demo.

use super::{
    Secret,
    signing::{ID, SIGNATURE, TIMESTAMP},
};
use aws_lc_rs::hmac::{self, HMAC_SHA256, Key};
use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderMap, HeaderName};
use std::fmt;

/// Maximum difference between a delivery's time and the receiver's, as in the standard's libraries.
const TOLERANCE: TimeDelta = TimeDelta::minutes(5);

/// Why a delivery cannot be verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unverified {
    /// This header is missing or malformed.
    Header(HeaderName),
    /// Its time is more than five minutes off.
    Time,
    /// No signature matches this secret, id, time and body.
    Signature,
}

impl fmt::Display for Unverified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(name) => write!(f, "no {name} that can be read"),
            Self::Time => f.write_str("signed more than five minutes from now"),
            Self::Signature => f.write_str("no signature fits"),
        }
    }
}

impl std::error::Error for Unverified {}

/// Verifies a delivery received `now`. Signatures are compared in constant time.
pub fn verify(
    secret: &Secret,
    headers: &HeaderMap,
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<(), Unverified> {
    let (id, at, signatures) = (text(headers, ID)?, text(headers, TIMESTAMP)?, text(headers, SIGNATURE)?);
    let sent = at.parse().ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    if (now - sent.ok_or(Unverified::Header(TIMESTAMP))?).abs() > TOLERANCE {
        return Err(Unverified::Time);
    }
    let key = Key::new(HMAC_SHA256, &secret.standard_key());
    let signed = [id.as_bytes(), b".", at.as_bytes(), b".", body].concat();
    let fits = |signature: &str| {
        let tag = signature.strip_prefix("v1,").and_then(|tag| BASE64_STANDARD.decode(tag).ok());
        tag.is_some_and(|tag| hmac::verify(&key, &signed, &tag).is_ok())
    };
    if signatures.split(' ').any(fits) { Ok(()) } else { Err(Unverified::Signature) }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Result<&str, Unverified> {
    headers.get(&name).and_then(|value| value.to_str().ok()).ok_or(Unverified::Header(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    /// The example of the standard's libraries.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SENT: i64 = 1_614_265_330;

    fn headers() -> HeaderMap {
        let known = [
            ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
            ("webhook-timestamp", "1614265330"),
            ("webhook-signature", "v1,AAAA v2,x v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
        ];
        known
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .into_iter()
            .collect()
    }

    fn judged(secret: &str, headers: &HeaderMap, body: &[u8], now: i64) -> Result<(), Unverified> {
        verify(&Secret::kept(secret.into()), headers, body, DateTime::from_timestamp(now, 0).unwrap())
    }

    #[test]
    fn what_was_signed_verifies_within_five_minutes_and_nothing_else_does() {
        for (now, verdict) in [
            (-301, Err(Unverified::Time)),
            (-300, Ok(())),
            (0, Ok(())),
            (300, Ok(())),
            (301, Err(Unverified::Time)),
        ] {
            assert_eq!(judged(SECRET, &headers(), BODY, SENT + now), verdict, "{now}");
        }
        let signature = Err(Unverified::Signature);
        assert_eq!(judged(SECRET, &headers(), br#"{"test": 2432232315}"#, SENT), signature);
        assert_eq!(judged("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", &headers(), BODY, SENT), signature);
        for (name, other) in
            [("webhook-id", "msg_2"), ("webhook-timestamp", "1614265331"), ("webhook-signature", "v1,")]
        {
            let mut changed = headers();
            changed.insert(name, HeaderValue::from_static(other));
            assert_eq!(judged(SECRET, &changed, BODY, SENT), signature, "{name}");
        }
    }

    #[test]
    fn a_header_that_is_missing_is_named() {
        for name in [ID, TIMESTAMP, SIGNATURE] {
            let mut without = headers();
            without.remove(&name);
            assert_eq!(judged(SECRET, &without, BODY, SENT), Err(Unverified::Header(name)));
        }
        let mut broken = headers();
        broken.insert(TIMESTAMP, HeaderValue::from_static("yesterday"));
        assert_eq!(judged(SECRET, &broken, BODY, SENT), Err(Unverified::Header(TIMESTAMP)));
    }
}
