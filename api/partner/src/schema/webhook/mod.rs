//! Webhooks and events on the wire.

mod delivery;
mod event;
mod manage;
mod register;
mod test;
mod types;

pub use delivery::{
    DeliveryListResponse, DeliveryRetryResponse, DeliveryStatus, RetriedDelivery, WebhookDelivery,
};
pub use event::{PublishEvent, PublishEventResponse};
pub use manage::{
    ReconciliationResponse, ReplayWebhook, Replayed, ReplayedResponse, RotateWebhook, Rotated,
    RotatedResponse, Said, SaidResponse, WebhookDetails, WebhookListResponse, WebhookResponse,
};
pub use register::{RegisterWebhook, WebhookRegistrationResponse};
pub use test::{TestResult, TestWebhook, TestWebhookResponse};
pub use types::EventType;
