//! A notification to a vendor.

use engine::jobs::{Job, JobKind};
use entities::ids::{VendorAttemptId, VendorProvisionerId};
use serde::{Deserialize, Serialize};

/// Gives the attempt to the vendor's webhook, if there is one; before that, begins the next batch of attempts, if one is
/// named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvisionAttempt {
    /// Which attempt.
    pub attempt: VendorAttemptId,
    /// The provisioner whose attempts behind this one are next to be given to the webhook that was just registered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest_of: Option<VendorProvisionerId>,
}

impl Job for ProvisionAttempt {
    const KIND: JobKind = JobKind::new("provision_attempt");
}
