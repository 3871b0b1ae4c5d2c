//! A provisioning request.

use engine::jobs::{Job, JobKind};
use entities::ids::ProvisioningId;
use serde::{Deserialize, Serialize};

/// Fulfils the request. Jobs of earlier versions also roll it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provisioning {
    /// The request.
    pub request: ProvisioningId,
}

impl Job for Provisioning {
    const KIND: JobKind = JobKind::new("provisioning");
}
