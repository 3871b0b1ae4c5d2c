//! Secrets that sign deliveries: generated, or given by the caller.

use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::{DateTime, Utc};
use platform::error::{Error, Fault, Field, Result};
use std::{borrow::Cow, fmt, ops::RangeInclusive, time::Duration};

/// How long a replaced secret still signs besides the new one, so that a receiver can switch without rejecting a
/// delivery.
pub const OVERLAP: Duration = Duration::from_hours(24);

/// Maximum number of an endpoint's signing secrets, including the newest.
pub const MOST_SECRETS: usize = 5;

/// The prefix of a secret whose key is the base64 after it (Standard Webhooks 1.0, "Signature scheme").
const PREFIX: &str = "whsec_";
/// Random bytes of a generated secret.
const RANDOM: usize = 32;
/// Allowed key lengths of a secret with the prefix, in bytes (Standard Webhooks 1.0).
const KEY: RangeInclusive<usize> = 24..=64;
/// Maximum length of a secret, in characters: each delivery reads all of it.
const MAXIMUM: usize = 1024;

/// A secret. It is never logged: [`Debug`](fmt::Debug) hides it, and there is no `Display`.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Generates a secret: `whsec_` and 32 random bytes in base64.
    pub fn generate() -> Result<Self> {
        let mut random = [0; RANDOM];
        getrandom::fill(&mut random).map_err(Error::internal)?;
        Ok(Self(format!("{PREFIX}{}", BASE64_STANDARD.encode(random))))
    }

    /// A secret given by the caller, of at least `minimum` characters. `Invalid` if it is shorter, longer than 1,024,
    /// or has the prefix `whsec_` without 24 to 64 bytes in base64: a receiver's library would derive another key, or
    /// fail.
    pub fn given(text: &str, minimum: usize) -> Result<Self> {
        let fault = |message| Err(Error::invalid(Fault::field(Field::Secret, message)));
        if text.chars().count() < minimum {
            return fault(format!("must have at least {minimum} characters"));
        }
        if text.chars().nth(MAXIMUM).is_some() {
            return fault(format!("must have at most {MAXIMUM} characters"));
        }
        if text.starts_with(PREFIX) && !standard_key(text).is_some_and(|key| KEY.contains(&key.len())) {
            let (least, most) = KEY.into_inner();
            return fault(format!("begins with {PREFIX}, so {least} to {most} bytes in base64 must follow"));
        }
        Ok(Self(text.into()))
    }

    /// A stored secret.
    pub fn kept(text: String) -> Self {
        Self(text)
    }

    /// The secret as the receiver has it, for the response that shows it once, and for the vault.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The key of Standard Webhooks: the bytes after `whsec_`, or those of a text without the prefix.
    pub(super) fn standard_key(&self) -> Cow<'_, [u8]> {
        standard_key(&self.0).map_or(Cow::Borrowed(self.0.as_bytes()), Cow::Owned)
    }
}

fn standard_key(text: &str) -> Option<Vec<u8>> {
    BASE64_STANDARD.decode(text.strip_prefix(PREFIX)?).ok()
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// The secrets of an endpoint: one, and during a rotation the replaced ones.
#[derive(Debug, Clone)]
pub struct Secrets {
    newest: Secret,
    replaced: Vec<(Secret, DateTime<Utc>)>,
}

impl Secrets {
    /// The newest, and the replaced ones with the times at which they stop signing ([`OVERLAP`] after the replacement).
    pub fn new(newest: Secret, replaced: Vec<(Secret, DateTime<Utc>)>) -> Self {
        Self { newest, replaced }
    }

    /// The secret that signs if there is room for one signature.
    pub fn newest(&self) -> &Secret {
        &self.newest
    }

    /// The secrets that sign at a time, newest first.
    pub fn live(&self, at: DateTime<Utc>) -> impl Iterator<Item = &Secret> {
        let replaced = self.replaced.iter().filter(move |(_, until)| at < *until);
        std::iter::once(&self.newest).chain(replaced.map(|(secret, _)| secret))
    }
}

impl From<Secret> for Secrets {
    fn from(secret: Secret) -> Self {
        Self::new(secret, Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_is_made_is_32_bytes_and_another_each_time() {
        let [one, other] = [Secret::generate().unwrap(), Secret::generate().unwrap()];
        assert_eq!(one.standard_key().len(), 32);
        assert_ne!(one.reveal(), other.reveal());
        assert_eq!(Secret::given(one.reveal(), 16).unwrap().standard_key(), one.standard_key());
    }

    #[test]
    fn debug_tells_nothing() {
        let secrets =
            Secrets::new(Secret::kept("first".into()), vec![(Secret::kept("other".into()), Utc::now())]);
        let shown = format!("{secrets:?}");
        assert!(shown.contains("***") && !shown.contains("first") && !shown.contains("other"), "{shown}");
    }

    #[test]
    fn what_is_easily_guessed_is_refused() {
        let whsec = |bytes: usize| format!("whsec_{}", BASE64_STANDARD.encode(vec![7; bytes]));
        let good = ["sixteen letters!".into(), "é".repeat(16), "x".repeat(1024), whsec(24), whsec(64)];
        for good in good {
            assert_eq!(Secret::given(&good, 16).unwrap().reveal(), good);
        }
        let not_base64 = "whsec_this is not base64 at all!".into();
        for bad in
            [String::new(), "fifteen letters".into(), "x".repeat(1025), whsec(23), whsec(65), not_base64]
        {
            let Err(Error::Invalid { faults, .. }) = Secret::given(&bad, 16) else { panic!("{bad}") };
            assert_eq!(faults[0].field, "secret");
            assert!(bad.is_empty() || !faults[0].message.contains(&bad), "the message does not show it");
        }
    }

    #[test]
    fn the_one_before_signs_until_its_time() {
        let until = DateTime::UNIX_EPOCH + OVERLAP;
        let secrets = Secrets::new(Secret::kept("new".into()), vec![(Secret::kept("old".into()), until)]);
        let live = |at| secrets.live(at).map(Secret::reveal).collect::<Vec<_>>();
        assert_eq!(live(until - chrono::TimeDelta::microseconds(1)), ["new", "old"]);
        assert_eq!(live(until), ["new"]);
    }
}
