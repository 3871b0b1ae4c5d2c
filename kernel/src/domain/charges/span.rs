//! Stretches of time.

use chrono::{DateTime, Utc};

/// From an instant, included, to another, excluded: spans that follow each other share no second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the two ends")]
pub struct Span {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

impl Span {
    /// How long it is; all instants here are whole seconds.
    pub fn seconds(self) -> i64 {
        (self.to - self.from).num_seconds()
    }

    /// Whether an instant lies in it.
    pub fn contains(self, at: DateTime<Utc>) -> bool {
        self.from <= at && at < self.to
    }

    /// What it has in common with another, if that is anything.
    pub fn common(self, other: Self) -> Option<Self> {
        let (from, to) = (self.from.max(other.from), self.to.min(other.to));
        (from < to).then_some(Self { from, to })
    }
}
