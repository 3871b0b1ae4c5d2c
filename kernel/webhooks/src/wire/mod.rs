//! Webhooks: what a delivery says, and how it is signed.
//!
//! A body is the same for all endpoints of a contract and for all attempts: it is encoded once an event. The
//! headers are made for each attempt, over the very bytes that are sent: those of Standard Webhooks
//! (`signing.rs`), which every contract's deliveries carry, and beside them the contract's own. How a contract's
//! deliveries look, its [`PayloadFormat`], is in a file of its own (`formats`).

mod formats;
mod secret;
mod secret_header;
mod signing;
mod verifying;

#[cfg(test)]
mod tests;

pub use formats::{format_of, vendor};
pub use secret::{MOST_SECRETS, OVERLAP, Secret, Secrets};
pub use secret_header::{LONGEST_HEADER_NAME, SecretHeader};
pub use signing::{Signing, value, visible};
pub use verifying::{Unverified, verify};

use chrono::{DateTime, SecondsFormat, Utc};
use entities::{RawJson, event, ids::EventId};
use http::HeaderMap;
use platform::error::{Error, Fault, Field, Result};
use serde::Serialize;

/// What a body tells of an event.
pub struct Event<'a> {
    /// The event.
    pub id: EventId,
    /// `customer.created`, …
    pub kind: &'a str,
    /// The kind of object it is about: `customer`, …
    pub resource: &'a str,
    /// What was recorded of the object.
    pub payload: &'a RawJson,
    /// When it happened, which no attempt changes.
    pub at: DateTime<Utc>,
}

impl<'a> From<&'a event::Model> for Event<'a> {
    fn from(event: &'a event::Model) -> Self {
        Self {
            id: event.id,
            kind: &event.kind,
            resource: &event.resource,
            payload: &event.payload,
            at: event.created_at,
        }
    }
}

/// What the headers tell of a delivery: of an event to one endpoint.
pub struct Delivery<'a> {
    /// Its id, as the contract shows it.
    pub id: &'a str,
    /// The event: the `webhook-id`, by which a receiver knows what it has had before.
    pub event: EventId,
    /// The event's type.
    pub kind: &'a str,
    /// The event's number among those meant for the endpoint: one that is missing has not come yet.
    pub sequence: i64,
    /// For the vendor contract: the header that the webhook names; none stands for the usual one.
    pub secret_header: Option<&'a SecretHeader>,
}

/// How the webhooks of a contract look.
#[derive(Debug)]
pub struct PayloadFormat {
    /// Characters that a secret of the caller's own must have; none where he cannot bring one.
    pub minimum: Option<usize>,
    /// Writes the body of an event.
    pub body: fn(&Event<'_>) -> serde_json::Result<Vec<u8>>,
    /// Adds the contract's own headers to those of Standard Webhooks.
    pub headers: fn(&Signing<'_>, &mut HeaderMap) -> Result<()>,
}

impl PayloadFormat {
    /// The secret of an endpoint: the caller's own, or a new one. `Invalid`, with the field `secret`, for one
    /// that is too easily guessed, or that cannot be given.
    pub fn secret(&self, given: Option<&str>) -> Result<Secret> {
        match (given, self.minimum) {
            (None, _) => Secret::generate(),
            (Some(text), Some(minimum)) => Secret::given(text, minimum),
            (Some(_), None) => {
                Err(Error::invalid(Fault::field(Field::Secret, "is made here, and cannot be given")))
            }
        }
    }

    /// The bytes that are sent of an event, in the contract's envelope.
    pub fn body(&self, event: &Event<'_>) -> Result<Vec<u8>> {
        Ok((self.body)(event)?)
    }

    /// All headers of an attempt made `at` that time, but those of HTTP itself. Values that are secret are
    /// marked as [sensitive](http::HeaderValue::is_sensitive): they must not be stored or logged.
    pub fn headers(
        &self,
        delivery: &Delivery<'_>,
        body: &[u8],
        at: DateTime<Utc>,
        secrets: &Secrets,
    ) -> Result<HeaderMap> {
        let signing = Signing { delivery, body, at, secrets };
        let mut headers = signing.standard()?;
        (self.headers)(&signing, &mut headers)?;
        Ok(headers)
    }
}

/// The envelope of contracts that say nothing of theirs: that of Standard Webhooks 1.0 ("Payload structure"),
/// with the event's id as one of the further fields that it allows.
pub fn standard_body(event: &Event<'_>) -> serde_json::Result<Vec<u8>> {
    enveloped(event, event.payload)
}

/// That envelope, around what a contract shows of the object.
pub fn enveloped<T: Serialize>(event: &Event<'_>, data: &T) -> serde_json::Result<Vec<u8>> {
    #[derive(Serialize)]
    struct Envelope<'a, T> {
        id: String,
        r#type: &'a str,
        timestamp: String,
        data: &'a T,
    }
    serde_json::to_vec(&Envelope {
        id: event.id.to_string(),
        r#type: event.kind,
        timestamp: time(event.at),
        data,
    })
}

/// RFC 3339, UTC, to the millisecond, with `Z`: as in the contracts' answers.
pub fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
