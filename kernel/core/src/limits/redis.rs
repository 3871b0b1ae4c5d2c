//! Shared counters in Redis: one small hash per caller, which expires with its daily window.

use super::{Counts, Quota, Taken, millis};
use platform::{
    config,
    error::Result,
    redis_servers::{Connection, Servers},
};
use redis::Script;
use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

static TAKE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("take.lua")));

/// The connection to the counters.
pub(super) struct Redis {
    connection: Connection,
    prefix: String,
    windows: [Duration; 2],
}

impl Redis {
    /// Connects on first use.
    pub(super) fn open(settings: &config::Redis, windows: [Duration; 2]) -> Result<Self> {
        let connection = Connection::new(Arc::new(Servers::open(settings)?));
        Ok(Self { connection, prefix: settings.prefix.clone(), windows })
    }

    /// Counts this many requests of the caller, as far as they are admitted. One round trip.
    pub(super) async fn take(&self, caller: &str, quota: Quota, requests: usize) -> Result<Counted> {
        let mut call = TAKE.prepare_invoke();
        call.key(format!("{}:limit:{caller}", self.prefix));
        for (limit, window) in quota.into_iter().zip(self.windows) {
            call.arg(limit).arg(millis(window));
        }
        call.arg(requests);
        let (admitted, used, left, used_today, left_today): (u64, u64, u64, u64, u64) =
            self.connection.run(async |mut redis| call.invoke_async(&mut redis).await).await?;
        let count = |used, left| (used, Duration::from_millis(left));
        Ok(Counted { admitted, counts: [count(used, left), count(used_today, left_today)] })
    }
}

/// Requests counted together.
pub(super) struct Counted {
    /// The number of admitted requests: the first ones.
    admitted: u64,
    /// The counts after all of them.
    counts: Counts,
}

impl Counted {
    /// The result of the request at `place`, from 0, as if it had been counted alone.
    pub(super) fn of(&self, place: usize) -> Taken {
        let later = self.admitted.checked_sub(place as u64 + 1);
        (later.is_some(), self.counts.map(|(used, left)| (used.saturating_sub(later.unwrap_or(0)), left)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{WINDOWS, memory::Memory};
    use proptest::prelude::*;

    proptest! {
        /// Requests counted together get the same results as if counted one after the other.
        #[test]
        fn each_is_told_as_if_by_itself(quota in [0u64..20, 0u64..20], requests in 0usize..30) {
            let memory = Memory::new(WINDOWS);
            let told: Vec<_> = (0..requests).map(|_| memory.take("a", quota)).collect();
            let admitted = told.iter().filter(|(admitted, _)| *admitted).count() as u64;
            let counted = Counted { admitted, counts: [(admitted, WINDOWS[0]), (admitted, WINDOWS[1])] };
            let used = |taken: &Taken| (taken.0, taken.1.map(|(used, _)| used));
            for (place, told) in told.iter().enumerate() {
                prop_assert_eq!(used(&counted.of(place)), used(told));
            }
        }
    }
}
