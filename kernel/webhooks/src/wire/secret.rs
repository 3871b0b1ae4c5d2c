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

/// The time at which a secret stops signing; `None`: it signs until it is replaced or revoked.
pub type End = Option<DateTime<Utc>>;

/// The secrets of an endpoint, newest first: at least one.
#[derive(Debug, Clone)]
pub struct Secrets {
    newest: (Secret, End),
    older: Vec<(Secret, End)>,
}

impl Secrets {
    /// The newest and the older ones, newest first, with their ends.
    pub fn new(newest: (Secret, End), older: Vec<(Secret, End)>) -> Self {
        Self { newest, older }
    }

    /// The secret that signs at a time if there is room for one signature.
    pub fn newest(&self, at: DateTime<Utc>) -> &Secret {
        self.live(at).next().unwrap_or(&self.newest.0)
    }

    /// The secrets that sign at a time, newest first: never none ([`LiveAt`]).
    pub fn live(&self, at: DateTime<Utc>) -> impl Iterator<Item = &Secret> {
        let live = LiveAt::new(self.all().map(|(_, end)| *end), at);
        self.all().filter(move |(_, end)| live.has(*end)).map(|(secret, _)| secret)
    }

    fn all(&self) -> impl Iterator<Item = &(Secret, End)> + Clone {
        std::iter::once(&self.newest).chain(&self.older)
    }
}

impl From<Secret> for Secrets {
    fn from(secret: Secret) -> Self {
        Self::new((secret, None), Vec::new())
    }
}

/// Which secrets of an endpoint sign at a time: those that have not ended. If all have, the one that ended last does,
/// until there is another: every receiver rejects unsigned deliveries.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LiveAt {
    at: DateTime<Utc>,
    /// The last end, if all have passed.
    last: End,
}

impl LiveAt {
    /// Of all secrets of an endpoint, by their ends.
    pub(crate) fn new(ends: impl Iterator<Item = End> + Clone, at: DateTime<Utc>) -> Self {
        let none = Self { at, last: None };
        let last = if ends.clone().any(|end| none.has(end)) { None } else { ends.flatten().max() };
        Self { at, last }
    }

    /// Whether the secret with this end signs.
    pub(crate) fn has(self, end: End) -> bool {
        end.is_none_or(|it| self.at < it) || self.last.is_some() && self.last == end
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_that_is_made_is_32_bytes_and_another_each_time() {
        let [one, other] = [Secret::generate().unwrap(), Secret::generate().unwrap()];
        assert_eq!(one.standard_key().len(), 32);
        assert_ne!(one.reveal(), other.reveal());
        assert_eq!(Secret::given(one.reveal(), 16).unwrap().standard_key(), one.standard_key());
    }

    #[test]
    fn debug_tells_nothing() {
        let [first, other] = ["first", "other"].map(|text| Secret::kept(text.into()));
        let secrets = Secrets::new((first, None), vec![(other, Some(Utc::now()))]);
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
        let [new, old] = ["new", "old"].map(|text| Secret::kept(text.into()));
        let secrets = Secrets::new((new, None), vec![(old, Some(until))]);
        let live = |at| secrets.live(at).map(Secret::reveal).collect::<Vec<_>>();
        assert_eq!(live(until - chrono::TimeDelta::microseconds(1)), ["new", "old"]);
        assert_eq!(live(until), ["new"]);
    }

    proptest! {
        /// Whatever ends they have, and in whatever order: those sign that have not ended, newest first; if there are
        /// none, one of those that ended last; and the newest of them is the one that signs alone.
        #[test]
        fn those_sign_that_have_not_ended_and_never_none(
            ends in prop::collection::vec(prop::option::of(-5_i64..5), 1..=MOST_SECRETS), at in -6_i64..6,
        ) {
            let time = |seconds: i64| DateTime::UNIX_EPOCH + chrono::TimeDelta::seconds(seconds);
            let all = ends.iter().enumerate();
            let all = all.map(|(place, end)| (Secret::kept(place.to_string()), end.map(time)));
            let mut all = all.collect::<Vec<_>>();
            let secrets = Secrets::new(all.remove(0), all);
            let live: Vec<usize> = secrets.live(time(at)).map(|it| it.reveal().parse().unwrap()).collect();
            let places = 0..ends.len();
            let open: Vec<_> = places.clone().filter(|it| ends[*it].is_none_or(|end| at < end)).collect();
            let last: Vec<_> = places.filter(|it| ends[*it] == ends.iter().copied().max().unwrap()).collect();
            prop_assert_eq!(&live, if open.is_empty() { &last } else { &open });
            prop_assert_eq!(secrets.newest(time(at)).reveal(), live[0].to_string());
        }
    }
}
