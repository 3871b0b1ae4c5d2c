//! Message ids, which identify copies of a message.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Maximum length: fits on a header line and in a file name.
const LENGTH: usize = 200;

/// A message id without the angle brackets: the subset of RFC 5322's `dot-atom@dot-atom` that is also a valid file
/// name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct MessageId(String);

/// An invalid message id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadMessageId(String);

impl fmt::Display for BadMessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a message ID: expected letters, digits, - _ and . around one @", self.0)
    }
}

impl std::error::Error for BadMessageId {}

impl MessageId {
    /// The given text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for MessageId {
    type Err = BadMessageId;

    fn from_str(text: &str) -> Result<Self, BadMessageId> {
        text.to_owned().try_into()
    }
}

impl TryFrom<String> for MessageId {
    type Error = BadMessageId;

    fn try_from(text: String) -> Result<Self, BadMessageId> {
        let atom = |text: &str| {
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        };
        let side = |text: &str| text.split('.').all(atom);
        let fits = text.len() <= LENGTH
            && text.split_once('@').is_some_and(|(left, right)| side(left) && side(right));
        if fits { Ok(Self(text)) } else { Err(BadMessageId(text)) }
    }
}

impl From<MessageId> for String {
    fn from(id: MessageId) -> Self {
        id.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_can_be_a_header_and_a_files_name() {
        for good in ["a@b", "endpoint-disabled.ep_01J.2@mail.example.com"] {
            assert_eq!(good.parse::<MessageId>().unwrap().as_str(), good);
        }
        let long = format!("{}@example.com", "a".repeat(LENGTH));
        for bad in [
            "", "a", "@b", "a@", "a@b@c", ".a@b", "a..b@c", "a/b@c", "a b@c", "<a@b>", "a@b\r\n", "é@b",
            &long,
        ] {
            assert!(bad.parse::<MessageId>().is_err(), "{bad}");
            assert!(serde_json::from_value::<MessageId>(bad.into()).is_err(), "{bad}");
        }
    }
}
