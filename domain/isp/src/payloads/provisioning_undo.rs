//! The undo of a provisioning request.

use engine::jobs::{Job, JobKind};
use entities::ids::ProvisioningId;
use serde::{Deserialize, Serialize};

/// Undoes what was done of the request. A kind of its own, since it is tried for as long as it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvisioningUndo {
    /// Which request.
    pub request: ProvisioningId,
}

impl Job for ProvisioningUndo {
    /// While an undo has not ended, what its request has taken stays taken.
    const KIND: JobKind = JobKind::new("provisioning_undo").never_quarantined();
}
