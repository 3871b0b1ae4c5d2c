//! Errors of charges.

use super::State;
use chrono::{DateTime, Utc};
use platform::error::{Error, Fault, Field};
use rust_decimal::Decimal;
use std::fmt;

/// An invalid change or value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChargeError {
    /// The subscription is in a state that does not allow the change.
    State {
        /// The state just before the change.
        state: State,
        /// The change, as a participle: "suspended".
        change: &'static str,
    },
    /// A time before 1971 or after 9997.
    Time(DateTime<Utc>),
    /// Changes are not in order: this one is earlier than the previous one.
    Order(DateTime<Utc>),
    /// Not a price: negative, not whole cents, or over a million dollars.
    Price(Decimal),
    /// Not a percentage: negative, over 100, or with more than four decimals.
    Percent(Decimal),
    /// The code cannot be used at the time of the activation.
    PromotionClosed(String),
    /// The promotion takes nothing off, or for no time.
    PromotionEmpty(String),
    /// Not a month such as 2026-11.
    Month(String),
    /// Not the two letters of a state of the United States.
    UsState(String),
}

impl fmt::Display for ChargeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::State { state, change } => write!(f, "A subscription that is {state} cannot be {change}"),
            Self::Time(at) => write!(f, "{at} is not between the years 1971 and 9997"),
            Self::Order(at) => write!(f, "The change at {at} is earlier than the one before it"),
            Self::Price(price) => write!(f, "{price} is not an amount of whole cents from 0 to 1,000,000"),
            Self::Percent(percent) => {
                write!(f, "{percent} is not a percentage from 0 to 100 with at most four decimals")
            }
            Self::PromotionClosed(code) => write!(f, "The promotion code {code} cannot be used at that time"),
            Self::PromotionEmpty(code) => write!(f, "The promotion code {code} takes nothing off"),
            Self::Month(text) => write!(f, "{text:?} is not a month such as 2026-11"),
            Self::UsState(text) => write!(f, "{text:?} is not the two letters of a state such as NY"),
        }
    }
}

impl std::error::Error for ChargeError {}

impl ChargeError {
    /// The error for a request's field.
    pub fn of(&self, field: Field) -> Error {
        let text = self.to_string();
        Error::Invalid { message: text.clone(), faults: vec![Fault::field(field, text)] }
    }
}
