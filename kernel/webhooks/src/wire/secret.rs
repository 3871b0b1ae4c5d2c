//! Secrets that deliveries are signed with: made here, or brought by the caller.

use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::{DateTime, Utc};
use platform::error::{Error, Fault, Field, Result};
use std::{borrow::Cow, fmt, ops::RangeInclusive, time::Duration};

/// For how long the secret before goes on signing beside the new one, so that a receiver can change over
/// without refusing a delivery.
pub const OVERLAP: Duration = Duration::from_hours(24);

/// How many secrets of an endpoint sign at most, the newest included.
pub const MOST_SECRETS: usize = 5;

/// How a secret begins whose key is the base64 behind it (Standard Webhooks 1.0, "Signature scheme").
const PREFIX: &str = "whsec_";
/// Random bytes of a secret that is made here.
const RANDOM: usize = 32;
/// Bytes that the key in a secret with the prefix may have, by the same standard.
const KEY: RangeInclusive<usize> = 24..=64;
/// Characters of a secret at most: each delivery reads all of it.
const MAXIMUM: usize = 1024;

/// A secret. It is never in the log: [`Debug`](fmt::Debug) does not show it, and there is no `Display`.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// A new one: `whsec_` and 32 random bytes in base64.
    pub fn generate() -> Result<Self> {
        let mut random = [0; RANDOM];
        getrandom::fill(&mut random).map_err(Error::internal)?;
        Ok(Self(format!("{PREFIX}{}", BASE64_STANDARD.encode(random))))
    }

    /// One that the caller brings, of at least `minimum` characters. `Invalid` if it is shorter, or longer
    /// than 1,024, or begins with `whsec_` and does not go on with 24 to 64 bytes in base64: a receiver's
    /// library would make another key of it, or none.
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

    /// One that was made or accepted before.
    pub fn kept(text: String) -> Self {
        Self(text)
    }

    /// The secret as the receiver has it; for the answer that shows it once, and for the vault.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The key of Standard Webhooks: the bytes behind `whsec_`, or those of a text that is no such secret.
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

/// The secrets of an endpoint: one, and during a rotation those before it.
#[derive(Debug, Clone)]
pub struct Secrets {
    newest: Secret,
    replaced: Vec<(Secret, DateTime<Utc>)>,
}

impl Secrets {
    /// The newest, and those that it replaced, each with the time at which it ceases to sign ([`OVERLAP`]
    /// after it was replaced).
    pub fn new(newest: Secret, replaced: Vec<(Secret, DateTime<Utc>)>) -> Self {
        Self { newest, replaced }
    }

    /// The one that signs where there is room for one signature.
    pub fn newest(&self) -> &Secret {
        &self.newest
    }

    /// All that sign at a time, the newest first.
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
