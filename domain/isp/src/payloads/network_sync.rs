//! A sync of the network with a subscription.

use engine::jobs::{Job, JobKind};
use entities::ids::SubscriptionId;
use serde::{Deserialize, Serialize};

/// Applies a suspension or resumption of an installed subscription to the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkSync {
    /// The subscription.
    pub subscription: SubscriptionId,
}

impl Job for NetworkSync {
    const KIND: JobKind = JobKind::new("network_sync");
}
