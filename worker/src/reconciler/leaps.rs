//! Leaps of the database's clock: how far it went between two looks, beside how far a clock went that nobody sets.

use chrono::{DateTime, TimeDelta, Utc};
use std::{fmt, time::Duration};
use tokio::time::Instant;

/// What is not as it should be between two looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leap {
    /// The clock was set forward, or this machine stood still.
    Forward(TimeDelta),
    /// The clock was set back.
    Back(TimeDelta),
    /// For so long nobody here looked: the process stood still, or the database was away.
    Gap(Duration),
}

impl fmt::Display for Leap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forward(by) => {
                write!(f, "the database's clock was set forward by {} ms", by.num_milliseconds())
            }
            Self::Back(by) => write!(f, "the database's clock was set back by {} ms", by.num_milliseconds()),
            Self::Gap(of) => write!(f, "nobody looked for {of:?}"),
        }
    }
}

/// See the module.
#[derive(Debug)]
pub(super) struct Leaps {
    lease: Duration,
    /// Between two looks, at most, where nothing stands still.
    usual: Duration,
    /// The last look: when it began and ended, and what the clock said in between.
    last: Option<(Instant, Instant, DateTime<Utc>)>,
    judge_from: Option<Instant>,
    /// Whether leases were judged since they were last left alone.
    judged: bool,
}

impl Leaps {
    /// Leases are of this length, and are renewed when a third of it is over. Looks are so far apart.
    pub(super) fn new(lease: Duration, interval: Duration) -> Self {
        let usual = interval.mul_f64(1.2) + lease / 3;
        Self { lease, usual, last: None, judge_from: None, judged: false }
    }

    /// Notes a look at the clock, which began and ended then. A leap of less than a tenth of a lease is none: leases
    /// are renewed long before they run out. At the first look there is none either.
    pub(super) fn look(&mut self, began: Instant, said: DateTime<Utc>, ended: Instant) -> Option<Leap> {
        let (began_before, ended_before, said_before) = self.last.replace((began, ended, said))?;
        let went = said - said_before;
        let (least, most) = (span(began - ended_before), span(ended - began_before));
        let (slack, gap) = (span(self.lease / 10), began - ended_before);
        let leap = if went > most + slack {
            Leap::Forward(went - most)
        } else if went < least - slack {
            Leap::Back(least - went)
        } else if gap > self.usual && self.judged {
            // A process that is always late judges every other time.
            Leap::Gap(gap)
        } else {
            return None;
        };
        // Whoever lives renews within a third of a lease; the rest is for one that waits for the database.
        (self.judge_from, self.judged) = (Some(ended + self.lease / 2), false);
        Some(leap)
    }

    /// Whether a lease that seems to have run out has.
    pub(super) fn may_judge(&mut self, now: Instant) -> bool {
        self.judged = self.judge_from.is_none_or(|from| from <= now);
        self.judged
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
    fn second(ours: Duration, theirs_ms: i64) -> (Option<Leap>, Leaps, Instant) {
        let (mut leaps, start, took) =
            (Leaps::new(LEASE, INTERVAL), Instant::now(), Duration::from_millis(5));
        let said = DateTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        assert_eq!(leaps.look(start, said, start + took), None, "nothing to compare it with");
        assert!(leaps.may_judge(start + took), "a process that has just started takes over at once");
        let (began, said) = (start + ours, said + TimeDelta::milliseconds(theirs_ms));
        let leap = leaps.look(began, said, began + took);
        (leap, leaps, began + took)
    }

    #[test]
    fn an_hour_is_seen_in_both_directions_and_leases_are_left_alone_for_half_of_theirs() {
        for (hours, is_expected) in [
            (
                1,
                (|leap| matches!(leap, Leap::Forward(by) if by > TimeDelta::minutes(59))) as fn(Leap) -> bool,
            ),
            (-1, |leap| matches!(leap, Leap::Back(by) if by > TimeDelta::minutes(59))),
        ] {
            let (leap, mut leaps, now) = second(Duration::from_secs(2), hours * 3_600_000 + 2_000);
            assert!(leap.is_some_and(is_expected), "{leap:?}");
            assert!(!leaps.may_judge(now) && !leaps.may_judge(now + LEASE / 3));
            assert!(leaps.may_judge(now + LEASE / 2));
        }
    }

    #[test]
    fn who_stood_still_does_not_judge_at_once() {
        let (leap, mut leaps, now) = second(Duration::from_mins(1), 60_000);
        assert!(matches!(leap, Some(Leap::Gap(_))) && !leaps.may_judge(now));
        // It is late again, and judges nevertheless.
        let (later, said) =
            (now + Duration::from_mins(1), DateTime::UNIX_EPOCH + Duration::from_secs(1_000_120));
        assert_eq!(leaps.look(later, said, later), None);
        assert!(leaps.may_judge(later));
    }

    #[test]
    fn clocks_that_go_alike_do_not_leap() {
        for ours in [10, 500, 2_000, 4_900] {
            for off in [-1_400, -20, 0, 20, 1_400] {
                let (leap, mut leaps, now) = second(Duration::from_millis(ours), ours.cast_signed() + off);
                assert!(leap.is_none() && leaps.may_judge(now), "{ours} ms, {off} ms off");
            }
        }
    }
}
