//! Detects jumps of the database's clock, by comparing it with this host's monotonic clock.

use chrono::{DateTime, TimeDelta, Utc};
use std::{fmt, time::Duration};
use tokio::time::Instant;

/// Why leases cannot be judged for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ClockJump {
    /// The clock was set forward, or this machine stood still.
    Forward(TimeDelta),
    /// The clock was set back.
    Back(TimeDelta),
    /// There was no observation for so long: the process stood still, or the database was away.
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
    /// The longest time between two observations in normal operation.
    usual: Duration,
    /// The last observation: when it began and ended, and the time that was read.
    last: Option<(Instant, Instant, DateTime<Utc>)>,
    expire_from: Option<Instant>,
    /// Whether leases were expired since the last jump.
    expired: bool,
}

impl JumpDetector {
    /// `lease`: the length of leases, which are renewed after a third of it. `interval`: between two observations.
    pub(super) fn new(lease: Duration, interval: Duration) -> Self {
        let usual = interval.mul_f64(1.2) + lease / 3;
        Self { lease, usual, last: None, expire_from: None, expired: false }
    }

    /// Notes the time that was read between `began` and `ended`. A jump of less than a tenth of a lease is ignored: leases
    /// are renewed long before they run out. At the first look there is none either.
    pub(super) fn observe(
        &mut self,
        began: Instant,
        said: DateTime<Utc>,
        ended: Instant,
    ) -> Option<ClockJump> {
        let (began_before, ended_before, said_before) = self.last.replace((began, ended, said))?;
        let went = said - said_before;
        let (least, most) = (span(began - ended_before), span(ended - began_before));
        let (slack, gap) = (span(self.lease / 10), began - ended_before);
        let jump = if went > most + slack {
            ClockJump::Forward(went - most)
        } else if went < least - slack {
            ClockJump::Back(least - went)
        } else if gap > self.usual && self.expired {
            // A process that is always late judges every other time.
            ClockJump::Gap(gap)
        } else {
            return None;
        };
        // Whoever lives renews within a third of a lease; the rest is for one that waits for the database.
        (self.expire_from, self.expired) = (Some(ended + self.lease / 2), false);
        Some(jump)
    }

    /// Whether a lease that seems to have run out has.
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

    /// What is found at the second of two looks of 5 ms, when the clocks have gone so far between them.
    fn second(ours: Duration, theirs_ms: i64) -> (Option<ClockJump>, JumpDetector, Instant) {
        let (mut jumps, start, took) =
            (JumpDetector::new(LEASE, INTERVAL), Instant::now(), Duration::from_millis(5));
        let said = DateTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        assert_eq!(jumps.observe(start, said, start + took), None, "nothing to compare it with");
        assert!(jumps.may_expire_leases(start + took), "a process that has just started takes over at once");
        let (began, said) = (start + ours, said + TimeDelta::milliseconds(theirs_ms));
        let jump = jumps.observe(began, said, began + took);
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
        // It is late again, and judges nevertheless.
        let (later, said) =
            (now + Duration::from_mins(1), DateTime::UNIX_EPOCH + Duration::from_secs(1_000_120));
        assert_eq!(jumps.observe(later, said, later), None);
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
