//! The id of a message: what makes two copies of it one.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Characters at most: with what stands around it, it fits on a line of a header and in a file's name.
const LENGTH: usize = 200;

/// The id of a message, without the angle brackets that it has in its header: the narrow part of RFC 5322's
/// `dot-atom@dot-atom` that can also be the name of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct MessageId(String);

/// The text cannot be the id of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadMessageId(String);

impl fmt::Display for BadMessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no id of a message: expected letters, digits, - _ and . around one @", self.0)
    }
}

impl std::error::Error for BadMessageId {}

impl MessageId {
    /// The id as it was given.
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
