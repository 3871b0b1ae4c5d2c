//! Makes deliveries of events.

use engine::jobs::{Job, JobKind};
use serde::{Deserialize, Serialize};

/// Makes deliveries of what is queued of the job's organization.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookFanout {}

impl Job for WebhookFanout {
    const KIND: JobKind = JobKind::new("webhook_fanout");
}
