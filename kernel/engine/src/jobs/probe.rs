//! A job that does as it is told.

use super::{Job, JobKind};
use serde::{Deserialize, Serialize};

/// What the probe does when it runs. With nothing said it does nothing, which is what benchmarks drain.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Probe {
    /// Works this long, looking for a cancellation all the while.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sleep_ms: Option<u64>,
    /// Then ends in this way, instead of well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
    /// Fails only while the attempt's number is not above this; 0: always.
    #[serde(skip_serializing_if = "is_zero")]
    pub until_attempt: i32,
}

/// The ways in which a job can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Fails in the ordinary way and is tried again.
    Retry,
    /// Waits for an hour, or until somebody wakes it.
    Wait,
    /// Says that trying again is of no use.
    GiveUp,
    /// Panics.
    Panic,
    /// Hangs, deaf to cancellation, until it is stopped from outside.
    Hang,
    /// Takes the whole process down.
    Abort,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
const fn is_zero(number: &i32) -> bool {
    *number == 0
}

impl Job for Probe {
    const KIND: JobKind = JobKind::new("probe");
}
