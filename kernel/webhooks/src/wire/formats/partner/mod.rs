//! Webhooks of the partner contract. It specifies events and secrets, but not the body, which is therefore that of
//! Standard Webhooks. The signature includes a time: `X-Swell-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of
//! "t.body">`, keyed with the whole secret.

mod subscription;
mod wire;

use crate::wire::{Event, PayloadFormat, Signing, enveloped, value, visible};
use http::{HeaderMap, HeaderName};
use platform::error::Result;
use serde_json::{Value, json};
use std::iter;

/// The minimum length of `RegisterWebhook.secret`.
const MINIMUM: usize = 16;

const EVENT: HeaderName = HeaderName::from_static("x-swell-event");
const SIGNATURE: HeaderName = HeaderName::from_static("x-swell-signature");

pub(super) static FORMAT: PayloadFormat = PayloadFormat { minimum: Some(MINIMUM), body, headers };

/// Objects are rendered as in the contract's operations; custom events are unchanged.
fn body(event: &Event<'_>) -> serde_json::Result<Vec<u8>> {
    match event.resource {
        "customer" => enveloped(event, &camel(event)?),
        "subscription" => enveloped(event, &subscription(event)?),
        "outage" | "maintenance" => {
            enveloped(event, &wire::camel(&event.payload.read()?, event.resource, &[]))
        }
        "ticket" => enveloped(event, &ticket(camel(event)?)),
        "provisioning" => enveloped(event, &provisioning(camel(event)?)),
        _ => enveloped(event, event.payload),
    }
}

/// Planned changes and vendors' ids of subscriptions are not part of the contract.
fn subscription(event: &Event<'_>) -> serde_json::Result<Value> {
    match event.kind {
        "subscription.change_planned"
        | "subscription.change_dropped"
        | "subscription.change_failed"
        | "subscription.identified" => camel(event),
        _ => Ok(subscription::wire(&event.payload.read()?)),
    }
}

/// An object with the caller's metadata.
fn camel(event: &Event<'_>) -> serde_json::Result<Value> {
    Ok(wire::camel(&event.payload.read()?, event.resource, &["metadata"]))
}

/// A waiting ticket waits for the customer, in the contract's words.
fn ticket(mut told: Value) -> Value {
    if told["status"] == "WAITING" {
        told["status"] = "WAITING_CUSTOMER".into();
    }
    told
}

/// Dates, type and addresses of a request, in the contract's words.
fn provisioning(mut told: Value) -> Value {
    let Some(fields) = told.as_object_mut() else { return told };
    for (ours, theirs) in
        [("type", "requestType"), ("scheduledAt", "scheduledDate"), ("completedAt", "completedDate")]
    {
        let value = fields.remove(ours).unwrap_or_default();
        fields.insert(theirs.into(), value);
    }
    let [ipv4, ipv6] = ["ipv4", "ipv6"].map(|name| fields.remove(name).unwrap_or_default());
    let has_any = !(ipv4.is_null() && ipv6.is_null());
    let addresses = if has_any { json!({ "ipv4": ipv4, "ipv6": ipv6 }) } else { Value::Null };
    fields.insert("ipAllocation".into(), addresses);
    told
}

fn headers(signing: &Signing<'_>, headers: &mut HeaderMap) -> Result<()> {
    headers.insert(EVENT, value(visible(signing.delivery.kind))?);
    // The header has room for one signature; receivers switch when they get the new secret.
    headers.insert(SIGNATURE, value(signing.timed(iter::once(signing.newest())))?);
    Ok(())
}
