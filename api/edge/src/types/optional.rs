//! Properties that may be missing. Nulls are removed before a body is parsed
//! ([`Wire::read`](crate::schema::Wire::read)): unlike the framework's `Option` and `default`, these types do not treat
//! null as missing.

use super::Nullable;
use platform::FieldUpdate;
use poem_openapi::{
    registry::{MetaSchema, MetaSchemaRef, Registry},
    types::{ParseError, ParseFromJSON, ParseResult, ToJSON, Type},
};
use serde_json::Value;
use std::borrow::Cow;

/// A property that may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Optional<T>(pub Option<T>);

impl<T> Optional<T> {
    /// Converts the value.
    pub fn into<U: From<T>>(self) -> Option<U> {
        self.0.map(U::from)
    }
}

impl<T> Optional<Nullable<T>> {
    /// The update of a field: missing keeps it, null clears it.
    pub fn update<U: From<T>>(self) -> FieldUpdate<U> {
        match self.0 {
            None => FieldUpdate::Keep,
            Some(Nullable(None)) => FieldUpdate::Clear,
            Some(Nullable(Some(value))) => FieldUpdate::Set(value.into()),
        }
    }
}

impl<T: Type> Type for Optional<T> {
    const IS_REQUIRED: bool = false;
    type RawValueType = T::RawValueType;
    type RawElementValueType = T::RawElementValueType;

    fn name() -> Cow<'static, str> {
        format!("maybe_{}", T::name()).into()
    }

    fn schema_ref() -> MetaSchemaRef {
        T::schema_ref()
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

    fn is_none(&self) -> bool {
        self.0.is_none()
    }
}

impl<T: ParseFromJSON> ParseFromJSON for Optional<T> {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        match value {
            None => Ok(Self(None)),
            given => T::parse_from_json(given).map(|value| Self(Some(value))).map_err(ParseError::propagate),
        }
    }
}

impl<T: ToJSON> ToJSON for Optional<T> {
    fn to_json(&self) -> Option<Value> {
        self.0.as_ref().and_then(T::to_json)
    }
}

/// A property with a default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WithDefault<T>(pub T);

impl<T: Type + ToJSON + Default> Type for WithDefault<T> {
    const IS_REQUIRED: bool = false;
    type RawValueType = T::RawValueType;
    type RawElementValueType = T::RawElementValueType;

    fn name() -> Cow<'static, str> {
        format!("defaulted_{}", T::name()).into()
    }

    fn schema_ref() -> MetaSchemaRef {
        T::schema_ref().merge(MetaSchema { default: T::default().to_json(), ..MetaSchema::ANY })
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn as_raw_value(&self) -> Option<&Self::RawValueType> {
        self.0.as_raw_value()
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self::RawElementValueType> + 'a> {
        self.0.raw_element_iter()
    }
}

impl<T: ParseFromJSON + ToJSON + Default> ParseFromJSON for WithDefault<T> {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        match value {
            None => Ok(Self::default()),
            given => T::parse_from_json(given).map(Self).map_err(ParseError::propagate),
        }
    }
}

impl<T: ToJSON + Default> ToJSON for WithDefault<T> {
    fn to_json(&self) -> Option<Value> {
        self.0.to_json()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Text;
    use serde_json::json;

    #[test]
    fn null_is_not_absent() {
        assert_eq!(Optional::<Text>::parse_from_json(None).unwrap(), Optional(None));
        assert!(Optional::<Text>::parse_from_json(Some(Value::Null)).is_err());
        assert_eq!(WithDefault::<bool>::parse_from_json(None).unwrap(), WithDefault(false));
        assert!(WithDefault::<bool>::parse_from_json(Some(Value::Null)).is_err());
        assert_eq!(WithDefault::<bool>::parse_from_json(Some(json!(true))).unwrap(), WithDefault(true));
    }

    #[test]
    fn null_clears_what_an_update_may_clear() {
        let update = |value| Optional::<Nullable<Text>>::parse_from_json(value).unwrap().update::<String>();
        assert_eq!(update(None), FieldUpdate::Keep);
        assert_eq!(update(Some(Value::Null)), FieldUpdate::Clear);
        assert_eq!(update(Some(json!("a"))), FieldUpdate::Set("a".into()));
    }

    #[test]
    fn numbers_and_nul_are_no_text() {
        assert!(Text::parse_from_json(Some(json!(7))).is_err());
        assert!(Text::parse_from_json(Some(json!("a\0b"))).is_err());
    }
}
