//! Webhooks of the vendor contract: a notification that there is something to provision, with the shared
//! secret itself in the header that the webhook names (`SharedSecretCreate.header`).
//!
//! The body is the notification without an envelope: request, detail and attempt, as in the contract's
//! `ProvisionTestingOrderEvent`, and as the platform's documentation shows it
//! (<https://devx.pax8.com/docs/provision-notification-webhook>).

use super::{
    Event, Form,
    signing::{Signing, value},
};
use crate::error::{Error, Fault, Result};
use http::{HeaderMap, HeaderName};
use std::str::FromStr;

/// The header, where the webhook names none; which one is left to us.
const USUAL: HeaderName = HeaderName::from_static("x-shared-secret");

/// What HTTP or the delivery itself says in a header of this name: a secret there breaks the request.
const TAKEN: &[&str] = &[
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];

/// The contract's operations take the header's name alone; the secret is made here.
pub(super) const FORM: Form = Form { contract: "vendor", minimum: None, body, headers };

/// The header that a webhook wants its secret in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretHeader(HeaderName);

impl SecretHeader {
    /// Its name, in lower case, as HTTP/2 sends it.
    pub fn name(&self) -> &str {
        self.0.as_str()
    }
}

impl Default for SecretHeader {
    fn default() -> Self {
        Self(USUAL)
    }
}

impl FromStr for SecretHeader {
    type Err = Error;

    /// `Invalid` for what is no name of a header, or is one that means something else.
    fn from_str(text: &str) -> Result<Self> {
        let fault = |message: &str| Error::invalid(Fault::field("sharedSecret.header", message));
        let name = HeaderName::from_str(text).map_err(|_| fault("is no name of an HTTP header"))?;
        if TAKEN.contains(&name.as_str()) || name.as_str().starts_with("webhook-") {
            return Err(fault("is a header that deliveries have for something else"));
        }
        Ok(Self(name))
    }
}

fn body(event: &Event<'_>) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(event.payload)
}

fn headers(signing: &Signing<'_>, headers: &mut HeaderMap) -> Result<()> {
    let SecretHeader(name) = signing.delivery.secret_header.cloned().unwrap_or_default();
    let mut secret = value(signing.secrets.newest().reveal().to_owned())?;
    secret.set_sensitive(true);
    headers.insert(name, secret);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_that_means_something_else_is_refused() {
        for good in ["Authorization", "X-Api-Key", "x-shared-secret"] {
            assert_eq!(good.parse::<SecretHeader>().unwrap().name(), good.to_lowercase());
        }
        for bad in ["", "X Y", "X:", "X\r\nY", "É", "Host", "CONTENT-LENGTH", "Webhook-Signature", "te"] {
            assert!(matches!(bad.parse::<SecretHeader>(), Err(Error::Invalid { .. })), "{bad}");
        }
    }
}
