//! Events of a partner's own.

use crate::schema::envelope::envelope;
use edge::{
    schema::wire,
    types::{Free, Text, Time, WithDefault},
};
use entities::event;
use poem_openapi::{Enum, Object};

/// An event to publish.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct PublishEvent {
    /// Custom event type identifier
    #[oai(validator(min_length = 1))]
    pub event_type: Text,
    /// Event payload data. Delivered exactly as sent, including all digits of numbers
    pub payload: Free,
    /// Priority.
    pub priority: WithDefault<EventPriority>,
}

wire!(PublishEvent);

/// Priority of an event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Enum)]
#[oai(rename_all = "lowercase", remote = "kernel::events::EventPriority")]
pub enum EventPriority {
    /// Before all others.
    Critical,
    /// Before the usual.
    High,
    /// The usual.
    #[default]
    Medium,
    /// After all others.
    Low,
}

/// A published event.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct PublishedEvent {
    /// Event ID: `evt_` and 26 characters.
    pub event_id: String,
    /// Event type.
    pub event_type: String,
    /// Publication time.
    pub published_at: Time,
}

impl From<event::Model> for PublishedEvent {
    fn from(event: event::Model) -> Self {
        Self { event_id: event.id.to_string(), event_type: event.kind, published_at: Time(event.created_at) }
    }
}

envelope!(
    /// An accepted event.
    PublishEventResponse,
    /// The event.
    PublishedEvent
);
