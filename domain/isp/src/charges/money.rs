//! Money and its rounding.

use super::ChargeError;
use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};
use serde::Serializer;

/// The maximum price in cents: a million dollars. Keeps every sum far from the limits of [`Decimal`].
const MOST: i64 = 100_000_000;

/// Rounds dollars to the cent, half to even, so that many roundings favour neither side.
pub fn to_the_cent(dollars: Decimal) -> Decimal {
    let mut rounded = dollars.round_dp_with_strategy(2, RoundingStrategy::MidpointNearestEven);
    rounded.rescale(2);
    rounded
}

/// Converts cents to dollars.
pub fn from_cents(cents: i64) -> Decimal {
    Decimal::new(cents, 2)
}

/// Converts dollars to cents. `None` for fractions of a cent and overflows.
pub fn to_cents(dollars: Decimal) -> Option<i64> {
    let cents = dollars.checked_mul(Decimal::ONE_HUNDRED)?;
    if cents.is_integer() { cents.to_i64() } else { None }
}

/// The same amount with at least two decimals.
pub(super) fn in_full(dollars: Decimal) -> Decimal {
    let mut full = dollars.normalize();
    full.rescale(full.scale().max(2));
    full
}

/// Serializes as a JSON number without artefacts of binary fractions, for serde.
pub fn as_number<S: Serializer>(dollars: &Decimal, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64(to_number(*dollars))
}

/// The floating point number with the same decimal text.
pub fn to_number(dollars: Decimal) -> f64 {
    // Reading the text rounds once, so that writing it gives the same text.
    dollars.to_string().parse().unwrap_or(f64::NAN)
}

/// Checks a price: whole cents, from nothing to a million dollars.
pub fn check(dollars: Decimal) -> Result<(), ChargeError> {
    match to_cents(dollars) {
        Some(0..=MOST) => Ok(()),
        _ => Err(ChargeError::Price(dollars)),
    }
}

/// Rounds the parts of a month so that they add up to the rounded whole: each part is the increase of the rounded sum.
/// So a month charged in parts costs exactly its price.
#[derive(Debug)]
pub struct Parts {
    month: Decimal,
    exact: Decimal,
    given: Decimal,
}

impl Parts {
    /// The parts of a month of this many seconds, at least one.
    pub fn of(seconds: i64) -> Self {
        Self { month: seconds.max(1).into(), exact: Decimal::ZERO, given: from_cents(0) }
    }

    /// The cost of the next part: this many seconds at a monthly price.
    pub fn take(&mut self, monthly: Decimal, seconds: i64) -> Decimal {
        // Division comes last, so that nothing is lost before rounding.
        self.exact += monthly * Decimal::from(seconds);
        let sum = to_the_cent(self.exact / self.month);
        let part = sum - self.given;
        self.given = sum;
        part
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn dollars(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn half_a_cent_goes_to_the_even_one() {
        for (exact, rounded) in [
            ("0.005", "0.00"),
            ("0.015", "0.02"),
            ("0.0150001", "0.02"),
            ("2.665", "2.66"),
            ("-0.005", "0.00"),
            ("-0.015", "-0.02"),
            ("7", "7.00"),
        ] {
            assert_eq!(to_the_cent(dollars(exact)).to_string(), dollars(rounded).to_string(), "{exact}");
        }
    }

    #[test]
    fn prices_are_whole_cents_within_bounds() {
        for good in ["0", "79.99", "79.990", "1000000"] {
            assert_eq!(check(dollars(good)), Ok(()));
        }
        for bad in ["-0.01", "79.999", "1000000.01", "79228162514264337593543950335"] {
            assert_eq!(check(dollars(bad)), Err(ChargeError::Price(dollars(bad))));
        }
    }

    #[test]
    fn numbers_are_written_as_the_dollars_are() {
        for (text, written) in
            [("79.99", "79.99"), ("-0.01", "-0.01"), ("80.00", "80.0"), ("1000000.03", "1000000.03")]
        {
            assert_eq!(serde_json::json!(to_number(dollars(text))).to_string(), written);
        }
    }

    #[test]
    fn three_thirds_of_a_dollar_are_a_dollar() {
        let mut parts = Parts::of(30);
        let taken: Vec<_> = [10, 10, 10].map(|seconds| parts.take(dollars("1"), seconds).to_string()).into();
        assert_eq!(taken, ["0.33", "0.34", "0.33"]);
    }

    proptest! {
        #[test]
        fn cents_go_there_and_back(cents in any::<i64>()) {
            prop_assert_eq!(to_cents(from_cents(cents)), Some(cents));
        }

        #[test]
        fn parts_of_a_month_add_up_to_its_price(
            cents in 0..=MOST, cuts in prop::collection::vec(0i64..2_592_000, 0..20),
        ) {
            let (price, mut cuts) = (from_cents(cents), cuts);
            cuts.extend([0, 2_592_000]);
            cuts.sort_unstable();
            let mut parts = Parts::of(2_592_000);
            let taken: Vec<_> = cuts.windows(2).map(|cut| parts.take(price, cut[1] - cut[0])).collect();
            prop_assert!(taken.iter().all(|part| !part.is_sign_negative() || part.is_zero()));
            prop_assert_eq!(taken.iter().sum::<Decimal>(), price);
        }
    }
}
