//! HMAC-SHA256 signatures, and the headers of Standard Webhooks 1.0
//! (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>).
//!
//! The HMAC is that of AWS-LC, which is already used for tokens and TLS, and uses the processor's SHA-256 instructions.

use super::{Delivery, Secret, Secrets};
use aws_lc_rs::hmac::{Context, HMAC_SHA256, Key, Tag};
use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderName, HeaderValue, header::CONTENT_TYPE};
use platform::{
    error::{Error, Result},
    hex::hex,
};
use std::fmt::Write;

pub(super) const ID: HeaderName = HeaderName::from_static("webhook-id");
pub(super) const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
pub(super) const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");
/// Not in the standard: the number by which a receiver detects gaps.
const SEQUENCE: HeaderName = HeaderName::from_static("webhook-sequence");

/// The number of headers of a delivery: ours, the contract's, and HTTP's own. With more, the map grows.
const HEADERS: usize = 12;

/// An attempt to be sent.
pub struct Signing<'a> {
    /// The delivery.
    pub delivery: &'a Delivery<'a>,
    /// The body as sent.
    pub body: &'a [u8],
    /// The time of the attempt.
    pub at: DateTime<Utc>,
    /// The endpoint's secrets.
    pub secrets: &'a Secrets,
}

impl Signing<'_> {
    /// The headers of all contracts' deliveries.
    pub fn standard(&self) -> Result<HeaderMap> {
        let (id, at) = (self.delivery.event.to_string(), self.unix());
        let signatures: Vec<_> = self.live().map(|secret| v1(secret, &id, &at, self.body)).collect();
        let mut headers = HeaderMap::with_capacity(HEADERS);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ID, value(id)?);
        headers.insert(TIMESTAMP, value(at)?);
        headers.insert(SIGNATURE, value(signatures.join(" "))?);
        headers.insert(SEQUENCE, self.delivery.sequence.into());
        Ok(headers)
    }

    /// The secret that signs this attempt if there is room for one signature.
    pub fn newest(&self) -> &Secret {
        self.secrets.newest(self.at)
    }

    /// The secrets that sign this attempt, newest first.
    pub fn live(&self) -> impl Iterator<Item = &Secret> {
        self.secrets.live(self.at)
    }

    /// `t=<unix seconds>,v1=<hex of "t.body">[,v1=…]`, keyed with the whole secrets.
    pub fn timed<'s>(&self, secrets: impl Iterator<Item = &'s Secret>) -> String {
        let at = self.unix();
        let start = format!("t={at}");
        secrets.fold(start, |text, secret| {
            let tag = hmac(secret.reveal().as_bytes(), &[at.as_bytes(), b".", self.body]);
            text + ",v1=" + &hex(tag.as_ref())
        })
    }

    /// The hexadecimal HMAC of the body alone, keyed with the whole secret.
    pub fn of_body(&self, secret: &Secret) -> String {
        hex(hmac(secret.reveal().as_bytes(), &[self.body]).as_ref())
    }

    fn unix(&self) -> String {
        self.at.timestamp().to_string()
    }
}

/// The symmetric signature of the standard: `v1,<base64 of "id.timestamp.body">`.
pub(super) fn v1(secret: &Secret, id: &str, at: &str, body: &[u8]) -> String {
    let tag = hmac(&secret.standard_key(), &[id.as_bytes(), b".", at.as_bytes(), b".", body]);
    format!("v1,{}", BASE64_STANDARD.encode(tag))
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> Tag {
    let mut context = Context::with_key(&Key::new(HMAC_SHA256, key));
    for part in parts {
        context.update(part);
    }
    context.sign()
}

/// A header's value.
pub fn value(text: String) -> Result<HeaderValue> {
    HeaderValue::try_from(text).map_err(Error::internal)
}

/// Percent-encodes everything except visible ASCII. The types of partners' custom events may contain any character; the
/// body has them unchanged.
pub fn visible(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut shown, byte| {
        match byte {
            b'!'..=b'~' if byte != b'%' => shown.push(char::from(byte)),
            // Writing to a String does not fail.
            _ => _ = write!(shown, "%{byte:02X}"),
        }
        shown
    })
}
