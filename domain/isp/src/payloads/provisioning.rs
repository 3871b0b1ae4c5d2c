//! A provisioning request.

use engine::jobs::{Job, JobKind};
use entities::ids::ProvisioningId;
use serde::{Deserialize, Serialize};

/// Does what the request asks for. Jobs of versions before also undo what was done of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provisioning {
    /// Which request.
    pub request: ProvisioningId,
}

impl Job for Provisioning {
    const KIND: JobKind = JobKind::new("provisioning");
}
