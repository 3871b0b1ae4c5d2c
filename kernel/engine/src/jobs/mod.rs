//! Kinds of jobs, and those without a domain. Payloads of a domain's jobs are in the domain's crate, handlers in the
//! worker: code that can enqueue a job cannot run it.

mod email;
mod probe;

pub use probe::{Fault, Probe};

use serde::{Serialize, de::DeserializeOwned};
use std::fmt;

/// A payload: plain data of one kind of job. Fields are only added, with a default, since jobs enqueued by earlier
/// versions may still be waiting.
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The kind.
    const KIND: JobKind;
}

/// A kind of job. Each has its own queue, settings (`jobs.<kind>`) and handler. The worker has the list of all kinds.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct JobKind {
    name: &'static str,
    is_never_quarantined: bool,
}

impl JobKind {
    /// A kind with a constant name, used in the ledger, in Redis and in the settings. It never changes.
    pub const fn new(name: &'static str) -> Self {
        Self { name, is_never_quarantined: false }
    }

    /// A kind whose jobs are retried without limit, with growing delays, also after crashes of their workers.
    #[must_use]
    pub const fn never_quarantined(self) -> Self {
        Self { is_never_quarantined: true, ..self }
    }

    /// The name.
    pub const fn as_str(self) -> &'static str {
        self.name
    }

    /// Whether its jobs are [never quarantined](Self::never_quarantined).
    pub const fn is_never_quarantined(self) -> bool {
        self.is_never_quarantined
    }
}

impl fmt::Display for JobKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl fmt::Debug for JobKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
