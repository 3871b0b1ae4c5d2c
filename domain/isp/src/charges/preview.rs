//! The price of a change before it is made.

use super::{Change, ChargeError, Charges, History, Month, Zone, charges};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

/// The charges of the month of a change, with and without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The history with the change.
    pub history: History,
    /// The charges without the change.
    pub before: Charges,
    /// The charges with the change.
    pub after: Charges,
}

impl Preview {
    /// The difference in the month of `at` if one history replaces another.
    pub fn between(before: &History, after: History, at: DateTime<Utc>, zone: &Zone) -> Self {
        let month = Month::of(at, zone);
        Self { before: charges(before, month, zone), after: charges(&after, month, zone), history: after }
    }

    /// Dollars by which the month's charge grows, before tax; negative when the change saves money. Of
    /// several changes in a month, each previewed on what was known then, these add up to the invoice.
    pub fn difference(&self) -> Decimal {
        self.after.total() - self.before.total()
    }
}

/// The effect of a change on the charges of its month. Fails like the change itself.
pub fn preview(history: &History, change: Change, zone: &Zone) -> Result<Preview, ChargeError> {
    let at = change.at;
    Ok(Preview::between(history, history.with(change)?, at, zone))
}
