//! Promotion codes: something off the monthly price, for a while.

use super::{Refused, Span, Zone, money, tax};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// What a code takes off the monthly price. Activation fees are not touched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Discount {
    /// So much of a hundred, at most 100.
    Percent(Decimal),
    /// So many dollars a month, of the price at most.
    Amount(Decimal),
}

/// A promotion code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promotion {
    /// As the customer gives it.
    pub code: String,
    /// What it takes off.
    pub discount: Discount,
    /// For how many months from the activation, suspended or not; for good if `None`.
    pub months: Option<u16>,
    /// When it can be used first. Any time if `None`.
    pub from: Option<DateTime<Utc>>,
    /// From when on it cannot be used any more. Who used it earlier keeps it for its months.
    pub until: Option<DateTime<Utc>>,
}

impl Promotion {
    /// Whether a subscription that is activated then may use it.
    pub fn is_open(&self, at: DateTime<Utc>) -> bool {
        self.from.is_none_or(|from| from <= at) && self.until.is_none_or(|until| at < until)
    }

    /// Checks it for a subscription that is activated at that time.
    pub(in crate::domain) fn check(&self, activated: DateTime<Utc>) -> Result<(), Refused> {
        let off = match self.discount {
            Discount::Percent(off) => tax::check(off).map(|()| off)?,
            Discount::Amount(off) => money::check(off).map(|()| off)?,
        };
        if off.is_zero() || self.months == Some(0) {
            return Err(Refused::PromotionEmpty(self.code.clone()));
        }
        if self.is_open(activated) { Ok(()) } else { Err(Refused::PromotionClosed(self.code.clone())) }
    }

    /// What it takes off a whole month at a price.
    pub(super) fn off(&self, price: Decimal) -> Decimal {
        match self.discount {
            Discount::Percent(percent) => price * percent / Decimal::ONE_HUNDRED,
            Discount::Amount(amount) => amount.min(price),
        }
    }

    /// When it holds for a subscription that was activated at that time.
    pub(super) fn span(&self, activated: DateTime<Utc>, zone: &Zone) -> Span {
        let end = self.months.map(|months| zone.months_later(activated, months));
        Span { from: activated, to: end.unwrap_or(DateTime::<Utc>::MAX_UTC) }
    }
}
