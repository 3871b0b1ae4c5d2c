//! Promotion codes: a temporary discount on the monthly price.

use super::{ChargeError, TimeRange, Zone, money, tax};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A discount on the monthly price, not on the activation fee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Discount {
    /// Percent, at most 100.
    Percent(Decimal),
    /// Dollars per month, at most the price.
    Amount(Decimal),
}

/// A promotion code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promotion {
    /// The code.
    pub code: String,
    /// The discount.
    pub discount: Discount,
    /// Number of months from the activation, suspended or not; unlimited if `None`.
    pub months: Option<u16>,
    /// Start of validity; any time if `None`.
    pub from: Option<DateTime<Utc>>,
    /// End of validity (exclusive). Subscriptions that have it keep it for its months.
    pub until: Option<DateTime<Utc>>,
}

impl Promotion {
    /// Whether a subscription activated then may use it.
    pub fn is_open(&self, at: DateTime<Utc>) -> bool {
        self.from.is_none_or(|from| from <= at) && self.until.is_none_or(|until| at < until)
    }

    /// Checks it for a subscription activated at that time.
    pub(crate) fn check(&self, activated: DateTime<Utc>) -> Result<(), ChargeError> {
        let off = match self.discount {
            Discount::Percent(off) => tax::check(off).map(|()| off)?,
            Discount::Amount(off) => money::check(off).map(|()| off)?,
        };
        if off.is_zero() || self.months == Some(0) {
            return Err(ChargeError::PromotionEmpty(self.code.clone()));
        }
        if self.is_open(activated) { Ok(()) } else { Err(ChargeError::PromotionClosed(self.code.clone())) }
    }

    /// The discount on a whole month at a price.
    pub(super) fn off(&self, price: Decimal) -> Decimal {
        match self.discount {
            Discount::Percent(percent) => price * percent / Decimal::ONE_HUNDRED,
            Discount::Amount(amount) => amount.min(price),
        }
    }

    /// Its period for a subscription activated at that time.
    pub(super) fn span(&self, activated: DateTime<Utc>, zone: &Zone) -> TimeRange {
        let end = self.months.map(|months| zone.months_later(activated, months));
        TimeRange { from: activated, to: end.unwrap_or(DateTime::<Utc>::MAX_UTC) }
    }
}
