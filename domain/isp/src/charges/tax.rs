//! Sales tax by state, with the operator's rates.

use super::{ChargeError, money};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// The rate of each state, in percent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rates(BTreeMap<String, Decimal>);

/// The tax on an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tax {
    /// In percent.
    pub rate: Decimal,
    /// In dollars.
    pub amount: Decimal,
}

impl Rates {
    /// A table of states (two letters, in any case) and rates in percent, 0 for no tax.
    pub fn new<'a>(rates: impl IntoIterator<Item = (&'a str, Decimal)>) -> Result<Self, ChargeError> {
        let row = |(state, rate): (&str, Decimal)| Ok((key(state)?, check(rate).map(|()| rate)?));
        rates.into_iter().map(row).collect::<Result<_, _>>().map(Self)
    }

    /// The tax on the sum of an invoice, rounded once. `None` for a state without a rate, which the caller must reject:
    /// an invoice without tax looks like a correct one.
    pub fn on(&self, state: &str, sum: Decimal) -> Option<Tax> {
        let rate = *self.0.get(&key(state).ok()?)?;
        Some(Tax { rate, amount: money::to_the_cent(sum * rate / Decimal::ONE_HUNDRED) })
    }
}

/// The states, the district and the territories of the United States, and their armed forces abroad.
const STATES: &str = "AK AL AR AZ CA CO CT DC DE FL GA HI IA ID IL IN KS KY LA MA MD ME MI MN MO MS MT NC ND NE NH NJ \
                      NM NV NY OH OK OR PA RI SC SD TN TX UT VA VT WA WI WV WY AS GU MP PR VI AA AE AP";

/// Whether it is one of the United States' states or territories, in any case.
pub fn is_us_state(state: &str) -> bool {
    key(state).is_ok_and(|state| STATES.split_whitespace().any(|known| known == state))
}

fn key(state: &str) -> Result<String, ChargeError> {
    let letters = state.trim();
    let good = letters.len() == 2 && letters.bytes().all(|byte| byte.is_ascii_alphabetic());
    if good { Ok(letters.to_ascii_uppercase()) } else { Err(ChargeError::UsState(state.into())) }
}

/// Checks a percentage: 0 to 100, with at most four decimals.
pub(super) fn check(percent: Decimal) -> Result<(), ChargeError> {
    let good =
        Decimal::ZERO <= percent && percent <= Decimal::ONE_HUNDRED && percent.normalize().scale() <= 4;
    if good { Ok(()) } else { Err(ChargeError::Percent(percent)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn rates() -> Rates {
        Rates::new([("NY", number("8.875")), ("or", number("0"))]).unwrap()
    }

    #[test]
    fn tax_is_rounded_once_half_to_even() {
        for (state, sum, tax) in [
            ("NY", "79.99", "7.10"),
            (" ny ", "4", "0.36"),
            ("NY", "-79.99", "-7.10"),
            ("OR", "79.99", "0.00"),
        ] {
            assert_eq!(rates().on(state, number(sum)).unwrap().amount, number(tax), "{sum} in {state}");
        }
    }

    #[test]
    fn a_state_without_a_rate_is_not_a_state_without_tax() {
        assert_eq!(rates().on("TX", number("79.99")), None);
        assert_eq!(rates().on("New York", number("79.99")), None);
    }

    #[test]
    fn bad_rows_of_a_table_are_refused() {
        assert_eq!(Rates::new([("N1", number("1"))]), Err(ChargeError::UsState("N1".into())));
        for bad in ["-1", "100.01", "8.87501"] {
            assert_eq!(Rates::new([("NY", number(bad))]), Err(ChargeError::Percent(number(bad))));
        }
    }
}
