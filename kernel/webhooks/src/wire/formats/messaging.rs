//! Webhooks of the messaging contract. Its description specifies the headers and the signature, one `v1` per live
//! secret, keyed with the whole secret including `whsec_`. The body is the envelope `{id, type, created_at, data}` of
//! the platform's documentation (<https://docs.kirimdev.com/platform/webhooks/>).

use crate::wire::{Event, PayloadFormat, Signing, time, value, visible};
use entities::RawJson;
use http::{HeaderMap, HeaderName};
use platform::error::Result;
use serde::Serialize;

const EVENT: HeaderName = HeaderName::from_static("x-kirim-event");
const EVENT_ID: HeaderName = HeaderName::from_static("x-kirim-event-id");
const DELIVERY_ID: HeaderName = HeaderName::from_static("x-kirim-delivery-id");
const SIGNATURE: HeaderName = HeaderName::from_static("x-kirim-signature");

/// Its operations accept no secret, and return one that "begins with `whsec_`".
pub(super) static FORMAT: PayloadFormat = PayloadFormat { minimum: None, body, headers };

#[derive(Serialize)]
struct Envelope<'a> {
    id: String,
    r#type: &'a str,
    created_at: String,
    data: &'a RawJson,
}

fn body(event: &Event<'_>) -> serde_json::Result<Vec<u8>> {
    let (id, created_at) = (event.id.to_string(), time(event.at));
    serde_json::to_vec(&Envelope { id, r#type: event.kind, created_at, data: event.payload })
}

fn headers(signing: &Signing<'_>, headers: &mut HeaderMap) -> Result<()> {
    headers.insert(EVENT, value(visible(signing.delivery.kind))?);
    headers.insert(EVENT_ID, value(signing.delivery.event.to_string())?);
    headers.insert(DELIVERY_ID, value(visible(signing.delivery.id))?);
    headers.insert(SIGNATURE, value(signing.timed(signing.live()))?);
    Ok(())
}
