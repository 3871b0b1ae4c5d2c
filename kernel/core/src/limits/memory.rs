//! Counting within one process.

use super::{Quota, Taken};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Callers at which those whose windows have ended are forgotten.
const CROWD: usize = 10_000;

/// One window of a caller: when it began, and the requests in it.
type Count = (Instant, u64);

/// Counts of callers.
pub(super) struct Memory {
    windows: [Duration; 2],
    callers: Mutex<(HashMap<String, [Count; 2]>, usize)>,
}

impl Memory {
    pub(super) fn new(windows: [Duration; 2]) -> Self {
        Self { windows, callers: Mutex::new((HashMap::new(), CROWD)) }
    }

    /// Whether the request may go on, and the counts with it.
    pub(super) fn take(&self, caller: &str, quota: Quota) -> Taken {
        self.take_at(caller, quota, Instant::now())
    }

    fn take_at(&self, caller: &str, quota: Quota, now: Instant) -> Taken {
        let mut guard = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        let (callers, crowd) = &mut *guard;
        if callers.len() >= *crowd {
            callers.retain(|_, counts| {
                counts.iter().zip(self.windows).any(|(count, window)| is_open(count, window, now))
            });
            *crowd = CROWD.max(callers.len() * 2);
        }
        if !callers.contains_key(caller) {
            callers.insert(caller.to_owned(), [(now, 0); 2]);
        }
        let Some(counts) = callers.get_mut(caller) else { return (true, [(0, Duration::ZERO); 2]) };
        for (count, window) in counts.iter_mut().zip(self.windows) {
            if !is_open(count, window, now) {
                *count = (now, 0);
            }
        }
        let admitted = counts.iter().zip(quota).all(|((_, used), limit)| *used < limit);
        for (_, used) in counts.iter_mut() {
            *used += u64::from(admitted);
        }
        let left = |i: usize| (counts[i].1, self.windows[i].saturating_sub(now - counts[i].0));
        (admitted, [left(0), left(1)])
    }
}

fn is_open((began, _): &Count, window: Duration, now: Instant) -> bool {
    now.duration_since(*began) < window
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::WINDOWS;
    use proptest::prelude::*;

    #[test]
    fn windows_end() {
        let (memory, began) = (Memory::new(WINDOWS), Instant::now());
        let at = |seconds| memory.take_at("a", [2, 3], began + Duration::from_secs(seconds));
        assert_eq!(at(0), (true, [(1, WINDOWS[0]), (1, WINDOWS[1])]));
        assert!(at(30).0 && !at(59).0, "two a minute");
        assert_eq!(at(60).1[0], (1, WINDOWS[0]), "a new minute");
        assert!(!at(120).0, "three a day");
        assert_eq!(at(120).1[0].0, 0, "what is refused is not counted");
        assert!(at(86_400).0);
        assert!(memory.take("b", [1, 1]).0, "another caller");
    }

    #[test]
    fn a_crowd_of_strangers_is_forgotten() {
        let (memory, began) = (Memory::new(WINDOWS), Instant::now());
        for stranger in 0..CROWD {
            memory.take_at(&stranger.to_string(), [1, 1], began);
        }
        memory.take_at("late", [1, 1], began + WINDOWS[1]);
        assert_eq!(memory.callers.lock().unwrap().0.len(), 1);
    }

    proptest! {
        /// Whatever the times: within a window that began with a request, no more than the limit go on.
        #[test]
        fn never_more_than_the_limit(mut times in proptest::collection::vec(0u64..300, 1..200), limit in 1u64..20) {
            times.sort_unstable();
            let (memory, began) = (Memory::new(WINDOWS), Instant::now());
            let admitted: Vec<_> = times
                .into_iter()
                .filter(|at| memory.take_at("a", [limit, 1000], began + Duration::from_secs(*at)).0)
                .collect();
            let mut rest = &admitted[..];
            while let Some(first) = rest.first() {
                let inside = rest.iter().take_while(|at| **at < first + 60).count();
                prop_assert!(inside as u64 <= limit);
                rest = &rest[inside..];
            }
        }
    }
}
