//! Makes the network agree with a subscription.

use engine::jobs::{Job, JobKind};
use entities::ids::SubscriptionId;
use serde::{Deserialize, Serialize};

/// Makes the network agree with a subscription that was suspended or resumed after it was
/// installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkSync {
    /// Which subscription.
    pub subscription: SubscriptionId,
}

impl Job for NetworkSync {
    const KIND: JobKind = JobKind::new("network_sync");
}
