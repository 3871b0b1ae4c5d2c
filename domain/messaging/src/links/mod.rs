//! Setup links: each lets a customer connect a WhatsApp account in a browser, once.
//!
//! active → consumed, revoked or expired. `expired` is computed from the time when a link is read, so that no sweep has
//! to run for it.

mod create;
mod list;
mod update;

pub use create::{MadeLink, NewLink, create};
pub use list::list;
pub(crate) use update::revoke_all;
pub use update::{Changes, revoke, update};

use chrono::{DateTime, Utc};
use entities::setup_link::{self, SetupLinkStatus};
use platform::error::{Error, Fault, Field, Result};
use url::Url;

/// Maximum length of a URL, in characters.
const LONGEST_URL: usize = 2048;

/// The status of a link at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkStatus {
    /// It can be used.
    Active,
    /// It was used.
    Consumed,
    /// Its time is over.
    Expired,
    /// It was revoked.
    Revoked,
}

impl LinkStatus {
    /// The status of a link at a time.
    pub fn of(link: &setup_link::Model, now: DateTime<Utc>) -> Self {
        match link.status {
            SetupLinkStatus::Active if link.expires_at <= now => Self::Expired,
            SetupLinkStatus::Active => Self::Active,
            SetupLinkStatus::Consumed => Self::Consumed,
            SetupLinkStatus::Revoked => Self::Revoked,
        }
    }

    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Consumed => "consumed",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

/// A link with its status.
#[derive(Debug, Clone)]
pub struct Link {
    /// The link.
    pub record: setup_link::Model,
    /// Its status when it was read.
    pub status: LinkStatus,
}

impl Link {
    fn new(record: setup_link::Model, now: DateTime<Utc>) -> Self {
        Self { status: LinkStatus::of(&record, now), record }
    }
}

/// A redirect URL as browsers write it: absolute, `https` (`http` for this machine), without a fragment and credentials,
/// since parameters are added to it. Parsers disagree about control characters, spaces and backslashes.
fn checked_url(field: Field, text: &str) -> Result<String> {
    let fault = |message: &str| Err(Error::invalid(Fault::field(field, message)));
    if text.chars().count() > LONGEST_URL {
        return fault("must have at most 2048 characters");
    }
    if text.chars().any(|letter| letter.is_control() || letter.is_whitespace() || letter == '\\') {
        return fault("must not contain spaces, control characters or backslashes");
    }
    let Ok(url) = Url::parse(text) else { return fault("must be an absolute URL") };
    // Browsers also accept `https:host` and `https:///host`.
    let rest = text.to_ascii_lowercase().strip_prefix(&format!("{}://", url.scheme())).map(str::to_owned);
    if rest.is_none_or(|rest| rest.starts_with('/')) {
        return fault("must be an absolute URL");
    }
    let host = url.host_str().unwrap_or_default();
    let is_local = matches!(host, "localhost" | "127.0.0.1") || host.ends_with(".localhost");
    match url.scheme() {
        "https" => {}
        "http" if is_local => {}
        _ => return fault("must begin with https:// (http:// only for localhost)"),
    }
    if url.fragment().is_some() {
        return fault("must not have a fragment");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return fault("must not contain a user or password");
    }
    Ok(url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirect_urls_are_checked() {
        let is_taken = |url: &str| checked_url(Field::SuccessUrl, url).is_ok();
        for good in [
            "https://example.com/done?a=1",
            "http://localhost:3000/x",
            "http://127.0.0.1/",
            "http://app.localhost/",
            "https://bücher.example/",
        ] {
            assert!(is_taken(good), "{good}");
        }
        let long = format!("https://example.com/{}", "x".repeat(2048));
        for bad in [
            "",
            "/done",
            "example.com",
            "http://example.com/",
            "http://localhost.example.com/",
            "ftp://example.com/",
            "javascript:alert(1)",
            "https://user@example.com/",
            "https://:secret@example.com/",
            "https://example.com/#done",
            "https://example.com/\r\nSet-Cookie: a=b",
            "https://exa\nmple.com/",
            "\thttps://example.com/",
            "https://example.com/\u{2028}",
            "https:example.com",
            "https:///example.com",
            "https:\\\\example.com",
            "https://example.com\\@evil.example/",
            &long,
        ] {
            assert!(!is_taken(bad), "{bad}");
        }
    }
}
