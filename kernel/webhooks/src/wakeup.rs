//! Wake-ups for fan-out and deliveries, between processes.

use super::PendingAttempt;
use engine::transport;
use entities::ids::{EndpointId, OrganizationId};
use kernel::events;
use serde_json::json;

/// A wake-up for the fan-out job of an organization, or the delivery job of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wakeup {
    /// Events of the organization wait for their fan-out.
    Queued(OrganizationId),
    /// Deliveries to the endpoint are due, possibly only this new one.
    Due(EndpointId, Option<PendingAttempt>),
    /// The endpoint has changed (status, secrets), and deliveries may be due.
    Changed(EndpointId),
}

const DUE: &str = "due";
const CHANGED: &str = "changed";

impl From<Wakeup> for transport::Wakeup {
    fn from(wakeup: Wakeup) -> Self {
        match wakeup {
            Wakeup::Queued(organization) => events::queued(organization),
            Wakeup::Due(endpoint, one) => {
                Self { topic: DUE.into(), about: format!("{endpoint} {}", json!(one)) }
            }
            Wakeup::Changed(endpoint) => Self { topic: CHANGED.into(), about: endpoint.to_string() },
        }
    }
}

impl Wakeup {
    /// Parses a wake-up. `None` if it is not about webhooks, or unknown to this version.
    pub fn read(wakeup: &transport::Wakeup) -> Option<Self> {
        let about = wakeup.about.as_str();
        Some(match wakeup.topic.as_ref() {
            events::QUEUED => Self::Queued(about.parse().ok()?),
            DUE => due(about)?,
            CHANGED => Self::Changed(about.parse().ok()?),
            _ => return None,
        })
    }
}

/// The endpoint and its due delivery. Earlier versions sent only the endpoint.
fn due(about: &str) -> Option<Wakeup> {
    let (endpoint, one) = about.split_once(' ').unwrap_or((about, "null"));
    Some(Wakeup::Due(endpoint.parse().ok()?, serde_json::from_str(one).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use entities::ids::{DeliveryId, EventId};

    fn message(topic: &'static str, about: impl Into<String>) -> transport::Wakeup {
        transport::Wakeup { topic: topic.into(), about: about.into() }
    }

    #[test]
    fn wakeups_are_read_as_they_were_written() {
        let (endpoint, organization) = (EndpointId::new(), OrganizationId::new());
        let due = PendingAttempt {
            id: DeliveryId::new(),
            event_id: EventId::new(),
            sequence: 7,
            attempt: 1,
            retry: 0,
            priority: 2,
            due_at: DateTime::UNIX_EPOCH,
        };
        for wakeup in [
            Wakeup::Queued(organization),
            Wakeup::Due(endpoint, Some(due)),
            Wakeup::Due(endpoint, None),
            Wakeup::Changed(endpoint),
        ] {
            assert_eq!(Wakeup::read(&wakeup.clone().into()), Some(wakeup));
        }
        let of_before = Wakeup::read(&message("due", endpoint.to_string()));
        assert_eq!(of_before, Some(Wakeup::Due(endpoint, None)));
        for (topic, about) in [("sing", "a song"), ("queued", "x"), ("due", "x"), ("changed", "x"), ("", "")]
        {
            assert_eq!(Wakeup::read(&message(topic, about)), None, "{topic} {about}");
        }
    }
}
