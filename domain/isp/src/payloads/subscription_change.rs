//! Carries out what is planned for a subscription.

use chrono::{DateTime, Utc};
use engine::jobs::{Job, JobKind};
use entities::ids::SubscriptionId;
use serde::{Deserialize, Serialize};

/// Carries out whatever is due for the subscription: its beginning, a change of its plan, its resumption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionChange {
    /// Which one.
    pub subscription: SubscriptionId,
    /// What is planned until then is due, also where the clock of the worker is behind.
    pub until: DateTime<Utc>,
}

impl Job for SubscriptionChange {
    const KIND: JobKind = JobKind::new("subscription_change");
}
