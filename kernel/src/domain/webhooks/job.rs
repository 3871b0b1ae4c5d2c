//! Makes the deliveries to one endpoint.

use crate::jobs::{Job, JobKind};
use entities::ids::EndpointId;
use serde::{Deserialize, Serialize};

/// Makes what deliveries are due to the endpoint. One such job at most is open for an endpoint: whoever runs
/// it has the endpoint to itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookDelivery {
    /// Where to.
    pub endpoint: EndpointId,
}

impl Job for WebhookDelivery {
    const KIND: JobKind = JobKind::new("webhook_delivery");
}
