//! The price of a change before it is made.

use super::{Change, ChargeError, Charges, History, Month, Zone, charges};
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
    /// The difference in dollars, before tax; negative if the change saves money. The differences of several changes in
    /// a month, each based on the previous ones, add up to the invoice.
    pub fn difference(&self) -> Decimal {
        self.after.total() - self.before.total()
    }
}

/// Computes the effect of a change on the charges of its month. Fails like the change itself.
pub fn preview(history: &History, change: Change, zone: &Zone) -> Result<Preview, ChargeError> {
    let month = Month::of(change.at, zone);
    let changed = history.with(change)?;
    let (before, after) = (charges(history, month, zone), charges(&changed, month, zone));
    Ok(Preview { history: changed, before, after })
}
