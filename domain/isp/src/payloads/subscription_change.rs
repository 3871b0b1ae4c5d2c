//! Applies planned changes of a subscription.

use chrono::{DateTime, Utc};
use engine::jobs::{Job, JobKind};
use entities::ids::SubscriptionId;
use serde::{Deserialize, Serialize};

/// Applies everything due for the subscription: its start, a change of its plan, its resumption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionChange {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// Changes planned until then are due, even if the worker's clock is behind.
    pub until: DateTime<Utc>,
}

impl Job for SubscriptionChange {
    const KIND: JobKind = JobKind::new("subscription_change");
}
