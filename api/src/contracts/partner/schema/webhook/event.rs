//! Events of a partner's own.

use crate::{
    schema::wire,
    types::{Defaulted, Free, Success, Text, Time},
};
use entities::event;
use kernel::events::Urgency;
use poem_openapi::{Enum, Object};

/// An event to be published.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct PublishEvent {
    /// Custom event type identifier
    #[oai(validator(min_length = 1))]
    pub event_type: Text,
    /// Event payload data; it goes out as it was written, numbers with all of their digits
    pub payload: Free,
    /// In which order it goes out.
    pub priority: Defaulted<EventPriority>,
}

wire!(PublishEvent);

/// In which order events go out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Enum)]
#[oai(rename_all = "lowercase", remote = "Urgency")]
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

/// An event that was published.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct PublishedEvent {
    /// `evt_` and 26 characters.
    pub event_id: String,
    /// Its type.
    pub event_type: String,
    /// When.
    pub published_at: Time,
}

impl From<event::Model> for PublishedEvent {
    fn from(event: event::Model) -> Self {
        Self { event_id: event.id.to_string(), event_type: event.kind, published_at: Time(event.created_at) }
    }
}

/// An event that was accepted.
#[derive(Debug, Object)]
pub struct PublishEventResponse {
    /// Always true.
    pub success: Success<true>,
    /// The event.
    pub data: PublishedEvent,
}
