//! Types of response fields; some are also used in parameters or requests.

use chrono::{DateTime, SecondsFormat, Utc};
use poem_openapi::{
    registry::{MetaSchema, MetaSchemaRef, Registry},
    types::{ParseError, ParseFromJSON, ParseFromParameter, ParseResult, ToJSON, Type},
};
use rust_decimal::Decimal;
use serde_json::Value;
use std::borrow::Cow;

/// A property that is always present, and may be null. The framework's `Option` means that it may be missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nullable<T>(pub Option<T>);

impl<T: Type> Type for Nullable<T> {
    const IS_REQUIRED: bool = true;
    type RawValueType = T::RawValueType;
    type RawElementValueType = T::RawElementValueType;

    fn name() -> Cow<'static, str> {
        format!("nullable_{}", T::name()).into()
    }

    fn schema_ref() -> MetaSchemaRef {
        T::schema_ref().merge(MetaSchema { nullable: true, ..MetaSchema::ANY })
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn as_raw_value(&self) -> Option<&Self::RawValueType> {
        self.0.as_ref().and_then(T::as_raw_value)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self::RawElementValueType> + 'a> {
        Box::new(self.0.iter().flat_map(T::raw_element_iter))
    }
}

impl<T: ParseFromJSON> ParseFromJSON for Nullable<T> {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        match value {
            Some(Value::Null) => Ok(Self(None)),
            given => T::parse_from_json(given).map(|value| Self(Some(value))).map_err(ParseError::propagate),
        }
    }
}

/// In a parameter, null is treated as missing before parsing.
impl<T: ParseFromParameter> ParseFromParameter for Nullable<T> {
    fn parse_from_parameter(value: &str) -> ParseResult<Self> {
        T::parse_from_parameter(value).map(|value| Self(Some(value))).map_err(ParseError::propagate)
    }
}

impl<T: ToJSON> ToJSON for Nullable<T> {
    fn to_json(&self) -> Option<Value> {
        Some(self.0.as_ref().and_then(T::to_json).unwrap_or(Value::Null))
    }
}

/// Declares a type with plain values: its schema, and its JSON.
macro_rules! plain {
    ($name:ident, $schema:expr, $to_json:expr, $parse:expr) => {
        impl Type for $name {
            const IS_REQUIRED: bool = true;
            type RawValueType = Self;
            type RawElementValueType = Self;

            fn name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn schema_ref() -> MetaSchemaRef {
                MetaSchemaRef::Inline(Box::new($schema))
            }

            fn as_raw_value(&self) -> Option<&Self> {
                Some(self)
            }

            fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
                Box::new(std::iter::once(self))
            }
        }

        impl ToJSON for $name {
            fn to_json(&self) -> Option<Value> {
                Some($to_json(self))
            }
        }

        impl ParseFromJSON for $name {
            fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
                let value = value.unwrap_or_default();
                $parse(&value).ok_or_else(|| ParseError::expected_type(value))
            }
        }
    };
}

/// The `success` of an envelope: always `YES`. Documented as a boolean: generators turn an enumeration with a single
/// boolean into one of texts, which no response matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Success<const YES: bool>;

/// `success: true`.
type Yes = Success<true>;
/// `success: false`.
type No = Success<false>;

plain!(Yes, MetaSchema::new("boolean"), |_| Value::Bool(true), |value: &Value| (*value == true)
    .then_some(Success));
plain!(No, MetaSchema::new("boolean"), |_| Value::Bool(false), |value: &Value| (*value == false)
    .then_some(Success));

/// A boolean in requests; true by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DefaultTrue(pub bool);

impl Default for DefaultTrue {
    fn default() -> Self {
        Self(true)
    }
}

plain!(DefaultTrue, MetaSchema::new("boolean"), |yes: &DefaultTrue| Value::Bool(yes.0), |value: &Value| {
    value.as_bool().map(DefaultTrue)
});

/// A time: RFC 3339, UTC, in milliseconds, with `Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Time(pub DateTime<Utc>);

plain!(
    Time,
    MetaSchema::new_with_format("string", "date-time"),
    |time: &Time| Value::String(time.0.to_rfc3339_opts(SecondsFormat::Millis, true)),
    |value: &Value| value.as_str().and_then(platform::clock::moment).map(Time)
);

/// Dollars, as a plain decimal number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Money(pub Decimal);

plain!(
    Money,
    MetaSchema { example: Some(79.99.into()), ..MetaSchema::new("number") },
    |money: &Money| serde_json::from_str(&money.0.normalize().to_string()).unwrap_or_default(),
    |value: &Value| value.as_number().and_then(|number| number.to_string().parse().ok()).map(Money)
);

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn times_end_in_z() {
        let time = Time("2026-11-21T08:15:00.123456+00:00".parse().unwrap());
        assert_eq!(time.to_json(), Some(json!("2026-11-21T08:15:00.123Z")));
    }

    #[test]
    fn money_is_a_plain_number() {
        for text in ["79.99", "-0.01", "80", "1000000.03"] {
            let number: Value = serde_json::from_str(text).unwrap();
            assert_eq!(Money(text.parse().unwrap()).to_json().unwrap().to_string(), text);
            assert_eq!(Money::parse_from_json(Some(number)).unwrap().0.to_string(), text);
        }
    }

    #[test]
    fn nullable_is_required_and_null() {
        assert_eq!(Nullable::<String>(None).to_json(), Some(Value::Null));
        const { assert!(<Nullable<String> as Type>::IS_REQUIRED) }
    }
}
