//! The header for the shared secret of the vendor contract's webhooks; a webhook may choose its name.

use http::HeaderName;
use platform::error::{Error, Fault, Field, Result};
use std::str::FromStr;

/// The default name (<https://devx.pax8.com/docs/webhook-configuration>).
const DEFAULT: &str = "pax8ApiTokenV1";
/// The name for webhooks registered without one when this was the default.
const FORMER_DEFAULT: &str = "x-shared-secret";
/// Maximum length of a name, in characters.
pub const LONGEST_HEADER_NAME: usize = 100;

/// Names used by HTTP or the delivery itself: a secret there would break the request.
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

/// The header for a webhook's secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretHeader {
    header: HeaderName,
    /// As given; HTTP ignores case, but it is shown to people.
    name: String,
}

impl SecretHeader {
    /// The name, as given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The header of a webhook; `None` for those registered before names were stored.
    pub fn header_of(kept: Option<&Self>) -> HeaderName {
        kept.map_or(HeaderName::from_static(FORMER_DEFAULT), |kept| kept.header.clone())
    }

    /// The stored name; `None` for webhooks registered before names were stored.
    pub fn kept_name(kept: Option<String>) -> String {
        kept.unwrap_or_else(|| FORMER_DEFAULT.to_owned())
    }
}

impl Default for SecretHeader {
    fn default() -> Self {
        let header = HeaderName::from_static("pax8apitokenv1");
        Self { header, name: DEFAULT.into() }
    }
}

impl FromStr for SecretHeader {
    type Err = Error;

    /// `Invalid` if it is not a header name, is too long, or has another meaning.
    fn from_str(text: &str) -> Result<Self> {
        let fault = |message: &str| Error::invalid(Fault::field(Field::SecretHeader, message));
        let header = HeaderName::from_str(text).map_err(|_| fault("is no name of an HTTP header"))?;
        if text.len() > LONGEST_HEADER_NAME {
            return Err(fault(&format!("must have at most {LONGEST_HEADER_NAME} characters")));
        }
        if TAKEN.contains(&header.as_str()) || header.as_str().starts_with("webhook-") {
            return Err(fault("is a header that deliveries have for something else"));
        }
        Ok(Self { header, name: text.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_a_header_that_may_be_named() {
        assert_eq!(DEFAULT.parse::<SecretHeader>().unwrap(), SecretHeader::default());
    }

    #[test]
    fn a_header_that_means_something_else_is_refused() {
        for good in ["Authorization", "X-Api-Key", "x-shared-secret", &"x".repeat(LONGEST_HEADER_NAME)] {
            assert_eq!(good.parse::<SecretHeader>().unwrap().name(), good);
        }
        assert!("x".repeat(LONGEST_HEADER_NAME + 1).parse::<SecretHeader>().is_err());
        for bad in ["", "X Y", "X:", "X\r\nY", "É", "Host", "CONTENT-LENGTH", "Webhook-Signature", "te"] {
            assert!(matches!(bad.parse::<SecretHeader>(), Err(Error::Invalid { .. })), "{bad}");
        }
    }
}
