//! The wire format of deliveries, and their signatures.
//!
//! A body is the same for all endpoints of a contract and all attempts, so it is encoded once per event. Headers are
//! created per attempt, over the exact bytes sent: those of Standard Webhooks (`signing.rs`), which all contracts
//! share, and the contract's own. Each contract's [`PayloadFormat`] has its file in `formats`.

mod formats;
mod secret;
mod secret_header;
mod signing;
mod verifying;

#[cfg(test)]
mod tests;

pub use formats::{format_of, vendor};
pub(crate) use secret::LiveAt;
pub use secret::{End, MOST_SECRETS, OVERLAP, Secret, Secrets};
pub use secret_header::{LONGEST_HEADER_NAME, SecretHeader};
pub use signing::{Signing, value, visible};
pub use verifying::{Unverified, verify};

use chrono::{DateTime, SecondsFormat, Utc};
use entities::{
    RawJson, event,
    ids::{DeliveryId, EventId},
};
use http::HeaderMap;
use platform::error::{Error, Fault, Field, Result};
use serde::Serialize;

/// The content of a body.
pub struct Event<'a> {
    /// The event's id.
    pub id: EventId,
    /// The event's type: `customer.created`, …
    pub kind: &'a str,
    /// The resource: `customer`, …
    pub resource: &'a str,
    /// The recorded payload.
    pub payload: &'a RawJson,
    /// The time of the event, the same for all attempts.
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

/// The content of the headers of a delivery.
pub struct Delivery<'a> {
    /// The id of the attempt.
    pub id: DeliveryId,
    /// The number of the attempt, from 1.
    pub attempt: i32,
    /// The event's id: the `webhook-id`, by which a receiver detects duplicates.
    pub event: EventId,
    /// The event's type.
    pub kind: &'a str,
    /// The event's number at the endpoint: a gap is a missing event.
    pub sequence: i64,
    /// For the vendor contract: the webhook's header for its secret, or the default one.
    pub secret_header: Option<&'a SecretHeader>,
}

/// The delivery format of a contract.
#[derive(Debug)]
pub struct PayloadFormat {
    /// Minimum length of a secret given by the caller, in characters; `None` if the contract does not allow one.
    pub minimum: Option<usize>,
    /// Encodes the body of an event.
    pub body: fn(&Event<'_>) -> serde_json::Result<Vec<u8>>,
    /// Adds the contract's own headers to those of Standard Webhooks.
    pub headers: fn(&Signing<'_>, &mut HeaderMap) -> Result<()>,
}

impl PayloadFormat {
    /// The secret of an endpoint: the given one, or a new one. `Invalid`, with the field `secret`, if it is too short,
    /// or the contract does not allow one.
    pub fn secret(&self, given: Option<&str>) -> Result<Secret> {
        match (given, self.minimum) {
            (None, _) => Secret::generate(),
            (Some(text), Some(minimum)) => Secret::given(text, minimum),
            (Some(_), None) => {
                Err(Error::invalid(Fault::field(Field::Secret, "is made here, and cannot be given")))
            }
        }
    }

    /// The body of an event, in the contract's envelope.
    pub fn body(&self, event: &Event<'_>) -> Result<Vec<u8>> {
        Ok((self.body)(event)?)
    }

    /// All headers of an attempt at that time, except HTTP's own. Secret values are marked as
    /// [sensitive](http::HeaderValue::is_sensitive): they must not be stored or logged.
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

/// The envelope of contracts that specify none: that of Standard Webhooks 1.0 ("Payload structure"), with the event's
/// id as an additional field.
pub fn standard_body(event: &Event<'_>) -> serde_json::Result<Vec<u8>> {
    enveloped(event, event.payload)
}

/// That envelope around the contract's object.
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
