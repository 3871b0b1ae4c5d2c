//! A notification to a vendor.

use super::{Job, Kind};
use entities::ids::VendorAttemptId;
use serde::{Deserialize, Serialize};

/// Gives the attempt to the vendor's webhook, if there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvisionAttempt {
    /// Which attempt.
    pub attempt: VendorAttemptId,
}

impl Job for ProvisionAttempt {
    const KIND: Kind = Kind::ProvisionAttempt;
}
