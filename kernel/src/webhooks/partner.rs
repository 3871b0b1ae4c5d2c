//! Webhooks of the partner contract. It names the events and the secret, and says nothing of the body, which
//! is therefore that of Standard Webhooks. The signature is the usual one with a time:
//! `X-Swell-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">`, keyed with the whole secret.

use super::{
    Event, Form, enveloped,
    signing::{Signing, value, visible},
    wire,
};
use crate::error::Result;
use http::{HeaderMap, HeaderName};
use serde_json::Value;
use std::iter;

/// The least that `RegisterWebhook.secret` of the contract takes.
const MINIMUM: usize = 16;

const EVENT: HeaderName = HeaderName::from_static("x-swell-event");
const SIGNATURE: HeaderName = HeaderName::from_static("x-swell-signature");

pub(super) const FORM: Form = Form { contract: "partner", minimum: Some(MINIMUM), body, headers };

/// Objects are told as the contract's own operations show them; what a partner has published, as it came.
fn body(event: &Event<'_>) -> serde_json::Result<Vec<u8>> {
    match event.resource {
        "customer" | "subscription" => {
            enveloped(event, &wire::camel(event.payload, event.resource, &["metadata"]))
        }
        "outage" | "maintenance" => enveloped(event, &wire::camel(event.payload, event.resource, &[])),
        "ticket" => enveloped(event, &ticket(event)),
        _ => enveloped(event, event.payload),
    }
}

/// A ticket that waits does so for the customer, in the contract's words.
fn ticket(event: &Event<'_>) -> Value {
    let mut told = wire::camel(event.payload, event.resource, &["metadata"]);
    if told["status"] == "WAITING" {
        told["status"] = "WAITING_CUSTOMER".into();
    }
    told
}

fn headers(signing: &Signing<'_>, headers: &mut HeaderMap) -> Result<()> {
    headers.insert(EVENT, value(visible(signing.delivery.kind))?);
    // The header has room for one: its receivers change over when they are given the new secret.
    headers.insert(SIGNATURE, value(signing.timed(iter::once(signing.secrets.newest())))?);
    Ok(())
}
