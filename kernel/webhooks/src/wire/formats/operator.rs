//! Webhooks of the operator contract: the section "Webhook Events" of its guide shows the headers `X-ISP-Event` and
//! `X-ISP-Signature: sha256=<signature>`, and an example of the body `{event, timestamp, data}`; its description
//! defines the signature as the hexadecimal HMAC-SHA256 of the body.

use crate::wire::{Event, PayloadFormat, Signing, value, visible};
use chrono::SecondsFormat;
use entities::RawJson;
use http::{HeaderMap, HeaderName};
use platform::error::Result;
use serde::Serialize;

/// The contract specifies none; that of the partner contract.
const MINIMUM: usize = 16;

const EVENT: HeaderName = HeaderName::from_static("x-isp-event");
const SIGNATURE: HeaderName = HeaderName::from_static("x-isp-signature");

pub(super) static FORMAT: PayloadFormat = PayloadFormat { minimum: Some(MINIMUM), body, headers };

#[derive(Serialize)]
struct Envelope<'a> {
    event: &'a str,
    timestamp: String,
    data: &'a RawJson,
}

fn body(event: &Event<'_>) -> serde_json::Result<Vec<u8>> {
    // In seconds, like all times in the guide.
    let timestamp = event.at.to_rfc3339_opts(SecondsFormat::Secs, true);
    serde_json::to_vec(&Envelope { event: event.kind, timestamp, data: event.payload })
}

fn headers(signing: &Signing<'_>, headers: &mut HeaderMap) -> Result<()> {
    headers.insert(EVENT, value(visible(signing.delivery.kind))?);
    headers.insert(SIGNATURE, value(format!("sha256={}", signing.of_body(signing.newest())))?);
    Ok(())
}
