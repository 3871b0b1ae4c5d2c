//! Delivers to one endpoint.

use engine::jobs::{Job, JobKind};
use entities::ids::EndpointId;
use serde::{Deserialize, Serialize};

/// Delivers what is due to the endpoint. An endpoint has one open job at most, so the worker that runs it has the
/// endpoint to itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookDelivery {
    /// The endpoint.
    pub endpoint: EndpointId,
}

impl Job for WebhookDelivery {
    const KIND: JobKind = JobKind::new("webhook_delivery");
}
