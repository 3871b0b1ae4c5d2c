//! Where in a list every so many-th row is.

use std::time::{Duration, Instant};
use uuid::Uuid;

/// How finely positions are marked, and when they are final.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Rows from one mark to the next: at most as many are skipped to get to a page.
    pub step: u64,
    /// Rows that are younger have no position yet: a transaction that began earlier may still bring older ones.
    /// Above what a request or the step of a job takes, and clocks differ.
    pub settled: Duration,
    /// Marks are not looked for more often.
    pub again: Duration,
    /// After so long all marks are made anew, whatever was missed.
    pub renewed: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            step: 250,
            settled: Duration::from_mins(2),
            again: Duration::from_secs(5),
            renewed: Duration::from_hours(1),
        }
    }
}

/// The marks of a list: the first rows, up to the last one whose position is known.
#[derive(Debug, Clone)]
pub(super) struct Marks {
    /// The row at place 0, at `step`, at twice `step` and so on.
    pub ids: Vec<Uuid>,
    /// How many rows have a position.
    pub settled: u64,
    /// The last of them.
    pub last: Option<Uuid>,
    /// When the first mark was made.
    pub since: Instant,
    /// When more were last looked for.
    pub looked: Option<Instant>,
}

impl Default for Marks {
    fn default() -> Self {
        Self { ids: vec![], settled: 0, last: None, since: Instant::now(), looked: None }
    }
}

impl Marks {
    /// The row to begin from to get to a place, and how many to skip from there on.
    pub fn before(&self, offset: u64, step: u64) -> (Option<Uuid>, u64) {
        let mark = usize::try_from(offset / step).unwrap_or(usize::MAX).min(self.ids.len().saturating_sub(1));
        match self.ids.get(mark) {
            Some(id) => (Some(*id), offset - mark as u64 * step),
            None => (None, offset),
        }
    }

    /// Whether to look for more, when so many rows are behind the last one.
    pub fn are_behind(&self, tail: u64, pace: Pace) -> bool {
        let lately = self.looked.is_some_and(|at| at.elapsed() < pace.again);
        !lately && (tail > pace.step || (self.settled > 0 && self.are_old(pace)))
    }

    /// These marks, or none if they are too old to be believed.
    pub fn still(self, pace: Pace) -> Self {
        if self.are_old(pace) { Self::default() } else { self }
    }

    fn are_old(&self, pace: Pace) -> bool {
        self.since.elapsed() >= pace.renewed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_mark_before_a_place_is_taken() {
        let ids: Vec<_> = (0..3).map(Uuid::from_u128).collect();
        let marks = Marks { ids: ids.clone(), settled: 25, ..Marks::default() };
        for (offset, mark, skipped) in [(0, 0, 0), (9, 0, 9), (10, 1, 0), (29, 2, 9), (45, 2, 25)] {
            assert_eq!(marks.before(offset, 10), (Some(ids[mark]), skipped), "{offset}");
        }
        assert_eq!(Marks::default().before(7, 10), (None, 7));
    }

    #[test]
    fn marks_that_are_old_are_forgotten() {
        let marks = || Marks { settled: 5, ..Marks::default() };
        assert_eq!(marks().still(Pace::default()).settled, 5);
        assert_eq!(marks().still(Pace { renewed: Duration::ZERO, ..Pace::default() }).settled, 0);
    }
}
