//! What processes tell each other beside the queues, as text.

use super::Nudge;
use entities::ids::JobId;
use serde_json::json;

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Message {
    /// The queue has something new.
    Wake(String),
    /// Somebody asked for a running job to stop.
    Cancel(JobId),
    /// There is something new for whoever holds a job.
    Nudge(Nudge),
}

impl Message {
    pub(super) fn text(&self) -> String {
        match self {
            Self::Wake(queue) => format!("wake {queue}"),
            Self::Cancel(id) => format!("cancel {id}"),
            Self::Nudge(Nudge::Queued(organization)) => format!("queued {organization}"),
            Self::Nudge(Nudge::Due(endpoint, one)) => format!("due {endpoint} {}", json!(one)),
            Self::Nudge(Nudge::Changed(endpoint)) => format!("changed {endpoint}"),
        }
    }

    /// None for one that this version does not know.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (word, rest) = text.split_once(' ')?;
        Some(match word {
            "wake" => Self::Wake(rest.to_owned()),
            "cancel" => Self::Cancel(rest.parse().ok()?),
            "queued" => Self::Nudge(Nudge::Queued(rest.parse().ok()?)),
            "due" => Self::Nudge(due(rest)?),
            "changed" => Self::Nudge(Nudge::Changed(rest.parse().ok()?)),
            _ => return None,
        })
    }
}

/// The endpoint, and what is due there alone. Processes of before told of the endpoint alone.
fn due(rest: &str) -> Option<Nudge> {
    let (endpoint, one) = rest.split_once(' ').unwrap_or((rest, "null"));
    Some(Nudge::Due(endpoint.parse().ok()?, serde_json::from_str(one).ok()?))
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
            Message::Nudge(Nudge::Queued(organization)),
            Message::Nudge(Nudge::Due(endpoint, Some(due))),
            Message::Nudge(Nudge::Due(endpoint, None)),
            Message::Nudge(Nudge::Changed(endpoint)),
        ] {
            assert_eq!(Message::parse(&message.text()), Some(message));
        }
        let of_before = Message::parse(&format!("due {endpoint}"));
        assert_eq!(of_before, Some(Message::Nudge(Nudge::Due(endpoint, None))));
        for unknown in ["", "wake", "sing a song", "cancel x", "queued x", "due x", "changed x"] {
            assert_eq!(Message::parse(unknown), None, "{unknown}");
        }
    }
}
