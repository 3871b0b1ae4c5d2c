//! Messages between processes besides the queues, as text.

use super::Wakeup;
use entities::ids::JobId;

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Message {
    /// The queue has something new.
    Wake(String),
    /// A running job was cancelled.
    Cancel(JobId),
    /// A wake-up for a running job.
    Wakeup(Wakeup),
}

impl Message {
    pub(super) fn text(&self) -> String {
        match self {
            Self::Wake(queue) => format!("wake {queue}"),
            Self::Cancel(id) => format!("cancel {id}"),
            Self::Wakeup(Wakeup { topic, about }) => format!("{topic} {about}"),
        }
    }

    /// `None` for an unknown message.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (word, rest) = text.split_once(' ')?;
        Some(match word {
            "wake" => Self::Wake(rest.to_owned()),
            "cancel" => Self::Cancel(rest.parse().ok()?),
            topic => Self::Wakeup(Wakeup { topic: topic.to_owned().into(), about: rest.to_owned() }),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read_as_they_were_written() {
        for message in [
            Message::Wake("webhook_fanout".into()),
            Message::Cancel(JobId::new()),
            Message::Wakeup(Wakeup { topic: "due".into(), about: "somewhere {\"id\":1}".into() }),
        ] {
            assert_eq!(Message::parse(&message.text()), Some(message));
        }
        for unknown in ["", "wake", "cancel x"] {
            assert_eq!(Message::parse(unknown), None, "{unknown}");
        }
    }
}
