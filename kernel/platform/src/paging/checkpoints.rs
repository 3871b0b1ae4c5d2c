//! Checkpoints: the ids at regular offsets of a list.

use std::time::{Duration, Instant};
use uuid::Uuid;

/// The spacing and age of checkpoints.
#[derive(Debug, Clone, Copy)]
pub struct IndexPolicy {
    /// Rows between checkpoints, the maximum number of rows skipped to reach a page.
    pub step: u64,
    /// Younger rows have no final offset yet: an earlier transaction may still add older rows. Longer than a request or
    /// a job's step takes, and clock differences.
    pub settled: Duration,
    /// Minimum time between searches for new checkpoints.
    pub again: Duration,
    /// After this time all checkpoints are rebuilt, in case something was missed.
    pub renewed: Duration,
}

impl Default for IndexPolicy {
    fn default() -> Self {
        Self {
            step: 250,
            settled: Duration::from_mins(2),
            again: Duration::from_secs(5),
            renewed: Duration::from_hours(1),
        }
    }
}

/// The checkpoints of a list, up to the last row with a final offset.
#[derive(Debug, Clone)]
pub(super) struct Checkpoints {
    /// The rows at offsets 0, `step`, 2 × `step` and so on.
    pub ids: Vec<Uuid>,
    /// The number of rows with a final offset.
    pub settled: u64,
    /// The last of them.
    pub last: Option<Uuid>,
    /// When the first checkpoint was created.
    pub since: Instant,
    /// When new ones were last searched.
    pub looked: Option<Instant>,
}

impl Default for Checkpoints {
    fn default() -> Self {
        Self { ids: vec![], settled: 0, last: None, since: Instant::now(), looked: None }
    }
}

impl Checkpoints {
    /// The row to start from to reach an offset, and how many rows to skip.
    pub fn before(&self, offset: u64, step: u64) -> (Option<Uuid>, u64) {
        let mark = usize::try_from(offset / step).unwrap_or(usize::MAX).min(self.ids.len().saturating_sub(1));
        match self.ids.get(mark) {
            Some(id) => (Some(*id), offset - mark as u64 * step),
            None => (None, offset),
        }
    }

    /// Whether to search for more, with this many rows after the last one.
    pub fn are_behind(&self, tail: u64, policy: IndexPolicy) -> bool {
        let lately = self.looked.is_some_and(|at| at.elapsed() < policy.again);
        !lately && (tail > policy.step || (self.settled > 0 && self.are_old(policy)))
    }

    /// These checkpoints, or none if they are too old.
    pub fn still(self, policy: IndexPolicy) -> Self {
        if self.are_old(policy) { Self::default() } else { self }
    }

    fn are_old(&self, policy: IndexPolicy) -> bool {
        self.since.elapsed() >= policy.renewed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_mark_before_a_place_is_taken() {
        let ids: Vec<_> = (0..3).map(Uuid::from_u128).collect();
        let checkpoints = Checkpoints { ids: ids.clone(), settled: 25, ..Checkpoints::default() };
        for (offset, mark, skipped) in [(0, 0, 0), (9, 0, 9), (10, 1, 0), (29, 2, 9), (45, 2, 25)] {
            assert_eq!(checkpoints.before(offset, 10), (Some(ids[mark]), skipped), "{offset}");
        }
        assert_eq!(Checkpoints::default().before(7, 10), (None, 7));
    }

    #[test]
    fn marks_that_are_old_are_forgotten() {
        let checkpoints = || Checkpoints { settled: 5, ..Checkpoints::default() };
        assert_eq!(checkpoints().still(IndexPolicy::default()).settled, 5);
        assert_eq!(
            checkpoints().still(IndexPolicy { renewed: Duration::ZERO, ..IndexPolicy::default() }).settled,
            0
        );
    }
}
