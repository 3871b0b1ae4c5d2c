//! Makes the network agree with a subscription.

use super::{Job, Kind};
use entities::ids::SubscriptionId;
use serde::{Deserialize, Serialize};

/// Makes the network agree with a subscription that was suspended, resumed or changed after it was installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkSync {
    /// Which subscription.
    pub subscription: SubscriptionId,
}

impl Job for NetworkSync {
    const KIND: Kind = Kind::NetworkSync;
}
