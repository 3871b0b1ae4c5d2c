//! Webhook subscriptions and their secrets on the wire.

use super::{
    envelope::{envelope, object_type},
    id::shown,
    webhook_secret::WebhookSecret,
};
use crate::CONTRACT_NAME;
use edge::{
    schema::wire,
    types::{Nullable, Optional, Success, Text, Time, text},
};
use entities::{
    endpoint::{self, EndpointStatus},
    ids::EndpointId,
};
use poem_openapi::{Enum, Object};
use webhooks::{EndpointChanges, LiveSecret, MadeEndpoint, NewEndpoint};

text!(
    /// The URL of a receiver.
    WebhookUrl, { format: Some("uri"), example: Some("https://example.com/webhooks".into()) }, edge::types::check::any
);

object_type!(SubscriptionObject, "webhook_subscription");

/// Types of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum EventType {
    /// A message was received.
    #[oai(rename = "message.received")]
    MessageReceived,
    /// The status of a sent message has changed.
    #[oai(rename = "message.status")]
    MessageStatus,
    /// A message was sent.
    #[oai(rename = "message.sent")]
    MessageSent,
    /// Accepted, but never sent by this installation.
    #[oai(rename = "conversation.assigned")]
    ConversationAssigned,
    /// Accepted, but never sent by this installation.
    #[oai(rename = "conversation.closed")]
    ConversationClosed,
    /// A contact was created.
    #[oai(rename = "contact.created")]
    ContactCreated,
    /// A contact has changed.
    #[oai(rename = "contact.updated")]
    ContactUpdated,
    /// A customer was created.
    #[oai(rename = "customer.created")]
    CustomerCreated,
    /// A customer has changed.
    #[oai(rename = "customer.updated")]
    CustomerUpdated,
    /// A customer was archived.
    #[oai(rename = "customer.archived")]
    CustomerArchived,
    /// A customer has connected a WhatsApp account.
    #[oai(rename = "customer.onboarded")]
    CustomerOnboarded,
    /// A setup link was created.
    #[oai(rename = "customer.setup_link.created")]
    SetupLinkCreated,
    /// A setup link was used.
    #[oai(rename = "customer.setup_link.consumed")]
    SetupLinkConsumed,
}

impl EventType {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::MessageReceived,
        Self::MessageStatus,
        Self::MessageSent,
        Self::ConversationAssigned,
        Self::ConversationClosed,
        Self::ContactCreated,
        Self::ContactUpdated,
        Self::CustomerCreated,
        Self::CustomerUpdated,
        Self::CustomerArchived,
        Self::CustomerOnboarded,
        Self::SetupLinkCreated,
        Self::SetupLinkConsumed,
    ];

    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MessageReceived => "message.received",
            Self::MessageStatus => "message.status",
            Self::MessageSent => "message.sent",
            Self::ConversationAssigned => "conversation.assigned",
            Self::ConversationClosed => "conversation.closed",
            Self::ContactCreated => "contact.created",
            Self::ContactUpdated => "contact.updated",
            Self::CustomerCreated => "customer.created",
            Self::CustomerUpdated => "customer.updated",
            Self::CustomerArchived => "customer.archived",
            Self::CustomerOnboarded => "customer.onboarded",
            Self::SetupLinkCreated => "customer.setup_link.created",
            Self::SetupLinkConsumed => "customer.setup_link.consumed",
        }
    }

    /// The type with this name.
    fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// Status of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "lowercase", remote = "EndpointStatus")]
pub enum SubscriptionStatus {
    /// Deliveries are sent.
    Active,
    /// Events are kept until it is active again.
    Paused,
    /// It failed for too long, or is gone: nothing is kept for it.
    Disabled,
}

/// Status that a subscription can be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "lowercase")]
pub enum SettableSubscriptionStatus {
    /// Sends what was kept, oldest first; also enables a disabled subscription.
    Active,
    /// Keeps events and sends none.
    Paused,
}

/// A webhook subscription to create.
#[derive(Debug, Object)]
pub struct CreateWebhookSubscription {
    /// Where deliveries are sent: a public `https` URL.
    pub url: WebhookUrl,
    /// Description.
    pub description: Optional<Text>,
    /// Types of events to deliver.
    #[oai(validator(min_items = 1))]
    pub events: Vec<EventType>,
}

wire!(CreateWebhookSubscription);

/// Changes to a webhook subscription. Omitted properties stay unchanged.
#[derive(Debug, Object)]
pub struct UpdateWebhookSubscription {
    /// Where deliveries are sent.
    pub url: Optional<WebhookUrl>,
    /// Description; null clears it.
    pub description: Optional<Nullable<Text>>,
    /// Types of events to deliver.
    #[oai(validator(min_items = 1))]
    pub events: Optional<Vec<EventType>>,
    /// `paused` keeps events and sends none; `active` sends what was kept, and enables a disabled subscription.
    pub status: Optional<SettableSubscriptionStatus>,
}

wire!(UpdateWebhookSubscription, is update true);

/// A webhook subscription.
#[derive(Debug, Object)]
pub struct WebhookSubscription {
    /// Subscription ID: `wbs_` and 26 characters.
    pub id: String,
    /// Always `webhook_subscription`.
    pub object: SubscriptionObject,
    /// Where deliveries are sent.
    pub url: WebhookUrl,
    /// Description.
    pub description: Nullable<String>,
    /// Types of events to deliver.
    pub events: Vec<EventType>,
    /// Current status.
    pub status: SubscriptionStatus,
    /// Its signing secrets, newest first, without their text.
    pub secrets: Vec<WebhookSecret>,
    /// Creation time.
    pub created_at: Time,
    /// Time of the last change.
    pub updated_at: Time,
}

/// A created webhook subscription with its secret.
#[derive(Debug, Object)]
pub struct WebhookSubscriptionWithSecret {
    /// The subscription.
    #[oai(flatten)]
    pub subscription: WebhookSubscription,
    /// The signing secret: begins with `whsec_`. It is shown only once.
    pub initial_secret: String,
}

/// A deleted webhook subscription.
#[derive(Debug, Object)]
pub struct DeletedSubscription {
    /// Subscription ID.
    pub id: String,
    /// Always `webhook_subscription`.
    pub object: SubscriptionObject,
    /// Always true.
    pub deleted: Success<true>,
}

envelope!(
    /// A created webhook subscription.
    CreateWebhookSubscriptionResponse,
    /// The subscription.
    WebhookSubscriptionWithSecret
);

envelope!(
    /// A webhook subscription.
    WebhookSubscriptionResponse,
    /// The subscription.
    WebhookSubscription
);

envelope!(
    /// A deleted webhook subscription.
    DeleteWebhookSubscriptionResponse,
    /// The subscription.
    DeletedSubscription
);

envelope!(
    /// A page of webhook subscriptions.
    ListWebhookSubscriptionsResponse,
    /// The subscriptions, newest first.
    list of WebhookSubscription
);

fn names(events: Vec<EventType>) -> Vec<String> {
    events.into_iter().map(|kind| kind.as_str().to_owned()).collect()
}

impl From<CreateWebhookSubscription> for NewEndpoint {
    fn from(new: CreateWebhookSubscription) -> Self {
        Self {
            contract: CONTRACT_NAME,
            url: new.url.0,
            types: names(new.events),
            description: new.description.into(),
            ..Self::default()
        }
    }
}

impl UpdateWebhookSubscription {
    /// The changes, and the status to set.
    pub fn split(self) -> (EndpointChanges, Option<SettableSubscriptionStatus>) {
        let changes = EndpointChanges {
            url: self.url.into(),
            types: self.events.0.map(names),
            description: self.description.update(),
        };
        (changes, self.status.0)
    }
}

impl From<(endpoint::Model, Vec<LiveSecret>)> for WebhookSubscription {
    fn from((record, secrets): (endpoint::Model, Vec<LiveSecret>)) -> Self {
        Self {
            id: shown(record.id),
            object: SubscriptionObject::Word,
            url: WebhookUrl(record.url),
            description: Nullable(record.description),
            events: record.types.0.iter().filter_map(|name| EventType::of(name)).collect(),
            status: record.status.into(),
            secrets: secrets.into_iter().map(Into::into).collect(),
            created_at: Time(record.created_at),
            updated_at: Time(record.updated_at),
        }
    }
}

impl WebhookSubscriptionWithSecret {
    /// A new subscription.
    pub fn new(made: MadeEndpoint, secrets: Vec<LiveSecret>) -> Self {
        Self { initial_secret: made.secret.reveal().into(), subscription: (made.record, secrets).into() }
    }
}

impl From<EndpointId> for DeletedSubscription {
    fn from(id: EndpointId) -> Self {
        Self { id: shown(id), object: SubscriptionObject::Word, deleted: Success }
    }
}
