//! Webhooks of the vendor contract: a notification of something to provision, with the shared secret itself in the
//! header chosen by the webhook (`SharedSecretCreate.header`).
//!
//! The body is the notification without an envelope: request, detail and attempt, as in the contract's
//! `ProvisionTestingOrderEvent` and the platform's documentation
//! (<https://devx.pax8.com/docs/provision-notification-webhook>).

mod details;
mod notification;
mod wire;

pub use details::details;

use crate::wire::{Event, PayloadFormat, SecretHeader, Signing, value};
use http::HeaderMap;
use platform::error::Result;

/// The contract's operations accept only the header's name; the secret is generated.
pub(super) static FORMAT: PayloadFormat = PayloadFormat { minimum: None, body, headers };

fn body(event: &Event<'_>) -> serde_json::Result<Vec<u8>> {
    match event.resource {
        "provision_attempt" => notification::body(&event.payload.read()?),
        _ => serde_json::to_vec(event.payload),
    }
}

fn headers(signing: &Signing<'_>, headers: &mut HeaderMap) -> Result<()> {
    let name = SecretHeader::header_of(signing.delivery.secret_header);
    let mut secret = value(signing.newest().reveal().to_owned())?;
    secret.set_sensitive(true);
    headers.insert(name, secret);
    Ok(())
}
