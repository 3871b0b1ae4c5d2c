//! A notification to a vendor.

use engine::jobs::{Job, JobKind};
use entities::ids::{VendorAttemptId, VendorProvisionerId};
use serde::{Deserialize, Serialize};

/// Delivers the attempt to the vendor's webhook, if there is one; before that, enqueues the next batch of attempts, if
/// `next` names a provisioner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvisionAttempt {
    /// The attempt.
    pub attempt: VendorAttemptId,
    /// The provisioner whose later attempts are delivered next to its newly registered webhook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest_of: Option<VendorProvisionerId>,
}

impl Job for ProvisionAttempt {
    const KIND: JobKind = JobKind::new("provision_attempt");
}
