//! A job for tests and benchmarks.

use super::{Job, JobKind};
use serde::{Deserialize, Serialize};

/// What the probe does. By default nothing, for benchmarks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Probe {
    /// Runs this long, checking for cancellation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sleep_ms: Option<u64>,
    /// Then fails in this way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
    /// Fails only up to this attempt; 0: always.
    #[serde(skip_serializing_if = "is_zero")]
    pub until_attempt: i32,
}

/// The ways to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// A normal failure, which is retried.
    Retry,
    /// Waits for an hour, or until woken.
    Wait,
    /// A permanent failure.
    GiveUp,
    /// Panics.
    Panic,
    /// Hangs, ignoring cancellation.
    Hang,
    /// Kills the process.
    Abort,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
const fn is_zero(number: &i32) -> bool {
    *number == 0
}

impl Job for Probe {
    const KIND: JobKind = JobKind::new("probe");
}
