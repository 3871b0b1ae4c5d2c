//! The rollback of a provisioning request.

use engine::jobs::{Job, JobKind};
use entities::ids::ProvisioningId;
use serde::{Deserialize, Serialize};

/// Rolls back the request. A separate kind, because it is retried without limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvisioningUndo {
    /// The request.
    pub request: ProvisioningId,
}

impl Job for ProvisioningUndo {
    /// Until a rollback has ended, its request's resources stay allocated.
    const KIND: JobKind = JobKind::new("provisioning_undo").never_quarantined();
}
