//! Time ranges.

use chrono::{DateTime, Utc};

/// From an instant (inclusive) to another (exclusive): adjacent ranges share no second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the two ends")]
pub struct TimeRange {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

impl TimeRange {
    /// Its length; all instants are whole seconds.
    pub fn seconds(self) -> i64 {
        (self.to - self.from).num_seconds()
    }

    /// Whether it contains an instant.
    pub fn contains(self, at: DateTime<Utc>) -> bool {
        self.from <= at && at < self.to
    }

    /// The intersection with another range.
    pub fn common(self, other: Self) -> Option<Self> {
        let (from, to) = (self.from.max(other.from), self.to.min(other.to));
        (from < to).then_some(Self { from, to })
    }
}
