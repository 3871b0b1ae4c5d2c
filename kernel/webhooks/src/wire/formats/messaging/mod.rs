//! Webhooks of the messaging contract. Its description specifies the headers, the signature (one `v1` per live secret,
//! keyed with the whole secret including `whsec_`) and two forms of the body: events of Meta's are passed on as recorded,
//! `{object, entry, kirim}`; all others are in the envelope `{id, type, created_at, data}` of the platform's
//! documentation (<https://docs.kirimdev.com/platform/webhooks/>).

mod objects;

use crate::wire::{Event, PayloadFormat, Signing, time, value, visible};
use http::{HeaderMap, HeaderName, HeaderValue};
use kernel::{
    contracts::messaging::CONTRACT,
    events::payloads::{MessagingCustomer, SetupLink},
};
use objects::{Customer, CustomerSetupLink};
use platform::error::Result;
use serde::Serialize;

const SOURCE: HeaderName = HeaderName::from_static("x-kirim-source");
const EVENT: HeaderName = HeaderName::from_static("x-kirim-event");
const EVENT_ID: HeaderName = HeaderName::from_static("x-kirim-event-id");
const DELIVERY_ID: HeaderName = HeaderName::from_static("x-kirim-delivery-id");
const ATTEMPT: HeaderName = HeaderName::from_static("x-kirim-attempt");
const SIGNATURE: HeaderName = HeaderName::from_static("x-kirim-signature");

/// Its operations accept no secret, and return one that "begins with `whsec_`".
pub(super) static FORMAT: PayloadFormat = PayloadFormat { minimum: None, body, headers };

/// The types of events that Meta has sent, recorded in its form.
const META: [&str; 2] = ["message.received", "message.status"];

#[derive(Serialize)]
struct Envelope<'a, T> {
    id: String,
    r#type: &'a str,
    created_at: String,
    data: T,
}

fn body(event: &Event<'_>) -> serde_json::Result<Vec<u8>> {
    if META.contains(&event.kind) {
        return serde_json::to_vec(event.payload);
    }
    match event.resource {
        "messaging_customer" => enveloped(event, Customer::from(event.payload.read::<MessagingCustomer>()?)),
        "setup_link" => enveloped(event, CustomerSetupLink::from(event.payload.read::<SetupLink>()?)),
        _ => enveloped(event, event.payload),
    }
}

fn enveloped<T: Serialize>(event: &Event<'_>, data: T) -> serde_json::Result<Vec<u8>> {
    let (id, created_at) = (event.id.to_string(), time(event.at));
    serde_json::to_vec(&Envelope { id, r#type: event.kind, created_at, data })
}

fn headers(signing: &Signing<'_>, headers: &mut HeaderMap) -> Result<()> {
    let delivery = signing.delivery;
    let source = if META.contains(&delivery.kind) { "meta" } else { "kirim" };
    headers.insert(SOURCE, HeaderValue::from_static(source));
    headers.insert(EVENT, value(visible(delivery.kind))?);
    headers.insert(EVENT_ID, value(delivery.event.to_string())?);
    headers.insert(DELIVERY_ID, value(CONTRACT.webhooks.delivery.show(delivery.id.0))?);
    headers.insert(ATTEMPT, delivery.attempt.into());
    headers.insert(SIGNATURE, value(signing.timed(signing.live()))?);
    Ok(())
}
