//! Messages between processes besides the queues, as text.

use super::Wakeup;
use entities::ids::JobId;
use serde_json::json;

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
            Self::Wakeup(Wakeup::Queued(organization)) => format!("queued {organization}"),
            Self::Wakeup(Wakeup::Due(endpoint, one)) => format!("due {endpoint} {}", json!(one)),
            Self::Wakeup(Wakeup::Changed(endpoint)) => format!("changed {endpoint}"),
        }
    }

    /// `None` for an unknown message.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (word, rest) = text.split_once(' ')?;
        Some(match word {
            "wake" => Self::Wake(rest.to_owned()),
            "cancel" => Self::Cancel(rest.parse().ok()?),
            "queued" => Self::Wakeup(Wakeup::Queued(rest.parse().ok()?)),
            "due" => Self::Wakeup(due(rest)?),
            "changed" => Self::Wakeup(Wakeup::Changed(rest.parse().ok()?)),
            _ => return None,
        })
    }
}

/// The endpoint and its due delivery. Earlier versions sent only the endpoint.
fn due(rest: &str) -> Option<Wakeup> {
    let (endpoint, one) = rest.split_once(' ').unwrap_or((rest, "null"));
    Some(Wakeup::Due(endpoint.parse().ok()?, serde_json::from_str(one).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::webhooks::Due;
    use chrono::DateTime;
    use entities::ids::{DeliveryId, EndpointId, EventId, OrganizationId};

    #[test]
    fn messages_are_read_as_they_were_written() {
        let (endpoint, organization) = (EndpointId::new(), OrganizationId::new());
        let due = Due {
            id: DeliveryId::new(),
            event_id: EventId::new(),
            sequence: 7,
            attempt: 1,
            retry: 0,
            priority: 2,
            due_at: DateTime::UNIX_EPOCH,
        };
        for message in [
            Message::Wake("webhook_fanout".into()),
            Message::Cancel(JobId::new()),
            Message::Wakeup(Wakeup::Queued(organization)),
            Message::Wakeup(Wakeup::Due(endpoint, Some(due))),
            Message::Wakeup(Wakeup::Due(endpoint, None)),
            Message::Wakeup(Wakeup::Changed(endpoint)),
        ] {
            assert_eq!(Message::parse(&message.text()), Some(message));
        }
        let of_before = Message::parse(&format!("due {endpoint}"));
        assert_eq!(of_before, Some(Message::Wakeup(Wakeup::Due(endpoint, None))));
        for unknown in ["", "wake", "sing a song", "cancel x", "queued x", "due x", "changed x"] {
            assert_eq!(Message::parse(unknown), None, "{unknown}");
        }
    }
}
