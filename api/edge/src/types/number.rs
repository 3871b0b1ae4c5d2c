//! Numbers in queries.

use poem_openapi::{
    registry::{MetaSchema, MetaSchemaRef},
    types::{ParseError, ParseFromJSON, ParseFromParameter, ParseResult, ToJSON, Type},
};
use serde_json::Value;
use std::borrow::Cow;

/// Integers up to this size are exact as floats.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// An integer, possibly with a fraction or exponent as JSON allows (`20.0`).
pub fn whole_number(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| whole(serde_json::from_str(text).ok()?))
}

/// The float as an integer, if it is whole and exact.
pub fn whole(number: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and in range")]
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}

/// The page size, if the contract sets no bounds: below 1 counts as 1, above `MAX` as `MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageSize<const MAX: u64>(pub u64);

impl<const MAX: u64> PageSize<MAX> {
    /// Parses a parameter; `None` if it is not an integer.
    pub fn read(text: &str) -> Option<Self> {
        if let Some(number) = whole_number(text) {
            return Some(Self(u64::try_from(number).unwrap_or_default().clamp(1, MAX)));
        }
        // Beyond the range of integers.
        let number: f64 = serde_json::from_str(text).ok()?;
        (number.fract() == 0.0).then_some(Self(if number > 0.0 { MAX } else { 1 }))
    }
}

impl<const MAX: u64> Type for PageSize<MAX> {
    const IS_REQUIRED: bool = true;
    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        format!("page_size_{MAX}").into()
    }

    fn schema_ref() -> MetaSchemaRef {
        MetaSchemaRef::Inline(Box::new(MetaSchema::new("integer")))
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
        Box::new(std::iter::once(self))
    }
}

impl<const MAX: u64> ParseFromParameter for PageSize<MAX> {
    fn parse_from_parameter(text: &str) -> ParseResult<Self> {
        Self::read(text).ok_or_else(|| ParseError::custom("not a whole number"))
    }
}

impl<const MAX: u64> ParseFromJSON for PageSize<MAX> {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        let value = value.unwrap_or_default();
        let size = value.as_number().and_then(|number| Self::read(&number.to_string()));
        size.ok_or_else(|| ParseError::expected_type(value))
    }
}

impl<const MAX: u64> ToJSON for PageSize<MAX> {
    fn to_json(&self) -> Option<Value> {
        Some(self.0.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_may_have_a_fraction() {
        let texts = ["7", "-7", "20.0", "2e1", "1.5", "", "x", "0x10", "9223372036854775807", "1e300"];
        let expected = [Some(7), Some(-7), Some(20), Some(20), None, None, None, None, Some(i64::MAX), None];
        assert_eq!(texts.map(whole_number), expected);
    }

    #[test]
    fn page_sizes_are_clamped() {
        let texts = ["20", "0", "-3", "101", "99999999999999999999", "-1e30", "1.5", "many", ""];
        let expected = [Some(20), Some(1), Some(1), Some(100), Some(100), Some(1), None, None, None];
        assert_eq!(texts.map(|text| PageSize::<100>::read(text).map(|size| size.0)), expected);
    }
}
