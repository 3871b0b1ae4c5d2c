//! Detects jumps of the database's clock by comparing it with the host's monotonic clock.

use chrono::{DateTime, TimeDelta, Utc};
use std::{fmt, time::Duration};
use tokio::time::Instant;

/// Why no lease may be expired for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ClockJump {
    /// The clock was set forward, or this machine was suspended.
    Forward(TimeDelta),
    /// The clock was set back.
    Back(TimeDelta),
    /// There was no observation for this long: the process was suspended, or the database was unavailable.
    Gap(Duration),
}

impl fmt::Display for ClockJump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forward(by) => {
                write!(f, "the database's clock was set forward by {} ms", by.num_milliseconds())
            }
            Self::Back(by) => write!(f, "the database's clock was set back by {} ms", by.num_milliseconds()),
            Self::Gap(of) => write!(f, "the clock was not observed for {of:?}"),
        }
    }
}

/// See the module.
#[derive(Debug)]
pub(super) struct JumpDetector {
    lease: Duration,
    /// The longest normal time between two observations.
    usual: Duration,
    /// The last observation: start, end, and the time read.
    last: Option<(Instant, Instant, DateTime<Utc>)>,
    expire_from: Option<Instant>,
    /// Whether leases were expired since the last jump.
    expired: bool,
}

impl JumpDetector {
    /// `lease`: the duration of leases, which are renewed after a third of it. `interval`: between two observations.
    pub(super) fn new(lease: Duration, interval: Duration) -> Self {
        let usual = interval.mul_f64(1.2) + lease / 3;
        Self { lease, usual, last: None, expire_from: None, expired: false }
    }

    /// Records the time read between `began` and `ended`. Jumps of less than a tenth of a lease are ignored, because
    /// leases are renewed long before they expire. The first observation is never a jump.
    pub(super) fn observe(
        &mut self,
        began: Instant,
        read_at: DateTime<Utc>,
        ended: Instant,
    ) -> Option<ClockJump> {
        let (began_before, ended_before, read_before) = self.last.replace((began, ended, read_at))?;
        let went = read_at - read_before;
        let (least, most) = (span(began - ended_before), span(ended - began_before));
        let (slack, gap) = (span(self.lease / 10), began - ended_before);
        let jump = if went > most + slack {
            ClockJump::Forward(went - most)
        } else if went < least - slack {
            ClockJump::Back(least - went)
        } else if gap > self.usual && self.expired {
            // A process that is always late still expires leases every other time.
            ClockJump::Gap(gap)
        } else {
            return None;
        };
        // Live workers renew within a third of a lease; the rest is for those waiting for the database.
        (self.expire_from, self.expired) = (Some(ended + self.lease / 2), false);
        Some(jump)
    }

    /// Whether expired leases may be acted on.
    pub(super) fn may_expire_leases(&mut self, now: Instant) -> bool {
        self.expired = self.expire_from.is_none_or(|from| from <= now);
        self.expired
    }
}

fn span(of: Duration) -> TimeDelta {
    TimeDelta::from_std(of).unwrap_or(TimeDelta::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_secs(15);
    const INTERVAL: Duration = Duration::from_secs(2);

    /// The result of the second of two observations of 5 ms, between which the clocks advanced by these amounts.
    fn second(ours: Duration, theirs_ms: i64) -> (Option<ClockJump>, JumpDetector, Instant) {
        let (mut jumps, start, took) =
            (JumpDetector::new(LEASE, INTERVAL), Instant::now(), Duration::from_millis(5));
        let read_at = DateTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        assert_eq!(jumps.observe(start, read_at, start + took), None, "nothing to compare it with");
        assert!(jumps.may_expire_leases(start + took), "a process that has just started takes over at once");
        let (began, read_at) = (start + ours, read_at + TimeDelta::milliseconds(theirs_ms));
        let jump = jumps.observe(began, read_at, began + took);
        (jump, jumps, began + took)
    }

    #[test]
    fn an_hour_is_seen_in_both_directions_and_leases_are_left_alone_for_half_of_theirs() {
        for (hours, is_expected) in [
            (
                1,
                (|jump| matches!(jump, ClockJump::Forward(by) if by > TimeDelta::minutes(59)))
                    as fn(ClockJump) -> bool,
            ),
            (-1, |jump| matches!(jump, ClockJump::Back(by) if by > TimeDelta::minutes(59))),
        ] {
            let (jump, mut jumps, now) = second(Duration::from_secs(2), hours * 3_600_000 + 2_000);
            assert!(jump.is_some_and(is_expected), "{jump:?}");
            assert!(!jumps.may_expire_leases(now) && !jumps.may_expire_leases(now + LEASE / 3));
            assert!(jumps.may_expire_leases(now + LEASE / 2));
        }
    }

    #[test]
    fn who_stood_still_does_not_judge_at_once() {
        let (jump, mut jumps, now) = second(Duration::from_mins(1), 60_000);
        assert!(matches!(jump, Some(ClockJump::Gap(_))) && !jumps.may_expire_leases(now));
        // It is late again, and expires leases nevertheless.
        let (later, read_at) =
            (now + Duration::from_mins(1), DateTime::UNIX_EPOCH + Duration::from_secs(1_000_120));
        assert_eq!(jumps.observe(later, read_at, later), None);
        assert!(jumps.may_expire_leases(later));
    }

    #[test]
    fn clocks_that_go_alike_do_not_leap() {
        for ours in [10, 500, 2_000, 4_900] {
            for off in [-1_400, -20, 0, 20, 1_400] {
                let (jump, mut jumps, now) = second(Duration::from_millis(ours), ours.cast_signed() + off);
                assert!(jump.is_none() && jumps.may_expire_leases(now), "{ours} ms, {off} ms off");
            }
        }
    }
}
