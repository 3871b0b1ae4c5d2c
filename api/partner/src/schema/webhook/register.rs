//! A webhook as it is registered.

use super::{
    EventType,
    manage::{LastStatus, Url},
};
use crate::schema::envelope::envelope;
use edge::{
    schema::wire,
    types::{Nullable, Optional, Text, Time, WithDefault, text},
};
use entities::endpoint::EndpointStatus;
use kernel::{contracts::partner::CONTRACT, published::LONGEST_TYPE};
use poem_openapi::Object;
use webhooks::{MadeEndpoint, NewEndpoint};

text!(
    /// A type of events of your own.
    CustomType,
    {
        min_length: Some(1),
        max_length: Some(LONGEST_TYPE),
        pattern: Some("[^*]".into()),
        title: Some("an event type".into()),
        example: Some("partner.custom_event".into())
    },
    is_custom_type
);

fn is_custom_type(text: &str) -> bool {
    // `*` stands for all types, the platform's own as well.
    text.contains(|sign| sign != '*') && text.chars().nth(LONGEST_TYPE).is_none()
}

/// A webhook to register.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct RegisterWebhook {
    /// URL that receives the deliveries.
    pub url: Url,
    /// Event types it subscribes to.
    #[oai(validator(min_items = 1))]
    pub events: Vec<EventType>,
    /// Extension: types of your own events (`POST /api/v1/events`) to subscribe to.
    #[oai(validator(max_items = 100))]
    pub custom_events: Optional<Vec<CustomType>>,
    /// Shared secret for HMAC signature verification (auto-generated if not provided)
    #[oai(validator(min_length = 16))]
    pub secret: Optional<Text>,
    /// Description.
    pub description: Optional<Text>,
    /// Extension: deliver in order. A delivery waits until the previous one has succeeded or failed permanently.
    pub ordered: WithDefault<bool>,
    /// Extension: maximum number of concurrent deliveries; 10 unless the provider sets another default.
    #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
    pub concurrency: Optional<i32>,
    /// Extension: maximum number of deliveries per second.
    #[oai(validator(minimum(value = "1"), maximum(value = "10000")))]
    pub rate: Optional<i32>,
}

wire!(RegisterWebhook);

impl From<RegisterWebhook> for NewEndpoint {
    fn from(new: RegisterWebhook) -> Self {
        Self {
            contract: CONTRACT.name,
            url: new.url.0,
            types: new.events.into_iter().map(|kind| kind.as_str().into()).collect(),
            custom_types: new.custom_events.0.into_iter().flatten().map(Into::into).collect(),
            description: new.description.into(),
            secret: new.secret.into(),
            secret_header: None,
            provisioner: None,
            ordered: new.ordered.0,
            concurrency: new.concurrency.0,
            rate: new.rate.0,
        }
    }
}

/// A registered webhook, with its secret.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct WebhookRegistration {
    /// Webhook ID: `wh_` and 26 characters.
    pub id: String,
    /// URL that receives the deliveries.
    pub url: Url,
    /// Event types it subscribes to.
    pub events: Vec<EventType>,
    /// Shared secret for signature verification (shown only once on creation)
    pub secret: String,
    /// Description.
    pub description: Nullable<String>,
    /// Whether deliveries are sent.
    pub is_active: bool,
    /// When the last delivery was attempted.
    pub last_delivery_at: Nullable<Time>,
    /// Result of the last delivery.
    pub last_delivery_status: Nullable<LastStatus>,
    /// When it was registered.
    pub created_at: Time,
}

impl From<MadeEndpoint> for WebhookRegistration {
    fn from(MadeEndpoint { record, secret }: MadeEndpoint) -> Self {
        Self {
            id: record.id.to_string(),
            url: Url(record.url),
            events: EventType::among(&record.types.0),
            secret: secret.reveal().into(),
            description: Nullable(record.description),
            is_active: record.status == EndpointStatus::Active,
            last_delivery_at: Nullable(None),
            last_delivery_status: Nullable(None),
            created_at: Time(record.created_at),
        }
    }
}

envelope!(
    /// A registered webhook.
    WebhookRegistrationResponse,
    /// The webhook.
    WebhookRegistration
);
