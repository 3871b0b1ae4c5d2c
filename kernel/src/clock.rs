//! The time, as a thing that is passed in, so that tests can move it.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// A clock: the system's, plus an offset that tests move. Clones share the offset.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// Where it stands; none: it goes.
    standing: Option<DateTime<Utc>>,
    offset_ms: Arc<AtomicI64>,
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self::default()
    }

    /// One that stands, until it is moved.
    pub fn standing(at: DateTime<Utc>) -> Self {
        Self { standing: Some(at), ..Self::default() }
    }

    /// Now, to the microsecond: what both databases keep.
    pub fn now(&self) -> DateTime<Utc> {
        let offset = TimeDelta::milliseconds(self.offset_ms.load(Ordering::Relaxed));
        (self.standing.unwrap_or_else(Utc::now) + offset).trunc_subsecs(6)
    }

    /// Moves this clock and all its clones.
    pub fn advance(&self, by: TimeDelta) {
        self.offset_ms.fetch_add(by.num_milliseconds(), Ordering::Relaxed);
    }
}
