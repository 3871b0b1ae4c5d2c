//! Concurrent requests of a caller within one process.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

/// Counts requests in flight. Cheap to clone.
#[derive(Clone)]
pub struct InFlight<K> {
    callers: Arc<Mutex<HashMap<K, usize>>>,
    most: usize,
}

/// One request, counted until dropped.
pub struct Guard<K: Eq + Hash> {
    callers: Arc<Mutex<HashMap<K, usize>>>,
    caller: K,
}

impl<K: Eq + Hash + Clone> InFlight<K> {
    /// Maximum per caller.
    pub fn new(most: usize) -> Self {
        Self { callers: Arc::default(), most }
    }

    /// Admits one more; `None` if the caller has reached the maximum.
    pub fn enter(&self, caller: K) -> Option<Guard<K>> {
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        let count = callers.entry(caller.clone()).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Guard { callers: self.callers.clone(), caller })
    }
}

impl<K: Eq + Hash> Drop for Guard<K> {
    fn drop(&mut self) {
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = callers.get_mut(&self.caller) {
            *count -= 1;
            if *count == 0 {
                callers.remove(&self.caller);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::InFlight;

    #[test]
    fn so_many_and_no_more() {
        let in_flight = InFlight::new(2);
        let (one, two) = (in_flight.enter("a").unwrap(), in_flight.enter("a").unwrap());
        assert!(in_flight.enter("a").is_none());
        assert!(in_flight.enter("b").is_some(), "another caller");
        drop(one);
        assert!(in_flight.enter("a").is_some());
        drop(two);
        assert!(in_flight.callers.lock().unwrap().is_empty(), "nobody is left");
    }
}
