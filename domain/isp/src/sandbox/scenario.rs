//! What became of the subscription of each customer.

use chrono::TimeDelta;

/// The scenario of a customer's subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scenario {
    /// Installed.
    Active,
    /// Suspended some days ago.
    Suspended,
    /// Disconnected some weeks ago.
    Cancelled,
    /// To be installed in a few days.
    PendingInstall,
    /// With a future start date.
    Scheduled,
    /// The installation failed, outside the coverage.
    Unreachable,
    /// The installation was cancelled.
    CancelledInstall,
    /// No subscription.
    New,
}

impl Scenario {
    /// The scenario of a customer by number, from 0.
    pub(super) const fn of(number: usize) -> Self {
        match number {
            0..78 => Self::Active,
            78..84 => Self::Suspended,
            84..89 => Self::Cancelled,
            89..92 => Self::PendingInstall,
            92..94 => Self::Scheduled,
            94..96 => Self::Unreachable,
            96 => Self::CancelledInstall,
            _ => Self::New,
        }
    }

    /// How long ago it was, or could have been, ordered.
    pub(super) fn age(self, number: usize) -> TimeDelta {
        let spread = i64::try_from(number % 13).unwrap_or(0);
        match self {
            Self::Active | Self::Suspended | Self::Cancelled => {
                TimeDelta::days(75 - spread) + TimeDelta::minutes(37 * spread)
            }
            _ => TimeDelta::days(5) - TimeDelta::minutes(37 * spread),
        }
    }
}
