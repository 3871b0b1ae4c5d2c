//! Free-form objects: JSON that is passed on as its original text.
//!
//! Wire objects are parsed from, and written to, [`Value`]s, which store numbers in 64 bits. To keep all digits, a
//! free-form object is its text there: [`Schema::read`](crate::schema::Schema::read) inserts it, and
//! [`RawJsonPayload`](crate::RawJsonPayload) writes it.

use crate::schema::has_nul;
use entities::RawJson;
use poem_openapi::{
    registry::{MetaSchema, MetaSchemaRef},
    types::{ParseError, ParseFromJSON, ParseResult, ToJSON, Type},
};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// Properties of any type, without NUL.
#[derive(Debug, Clone, PartialEq)]
pub struct Free(pub RawJson);

/// The only property of the object that contains the text. Callers cannot use it: names with NUL are rejected.
const TEXT: &str = "\0text";

/// NUL in JSON.
const ESCAPED_NUL: &str = "\\u0000";

impl Free {
    /// The value that contains the text of an object.
    pub fn value(text: String) -> Value {
        Value::Object(Map::from_iter([(TEXT.to_owned(), Value::String(text))]))
    }

    /// The contained text; `None` for any other value.
    pub fn text(value: &Value) -> Option<&str> {
        value.get(TEXT)?.as_str()
    }
}

impl Type for Free {
    const IS_REQUIRED: bool = true;
    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        "Free".into()
    }

    fn schema_ref() -> MetaSchemaRef {
        let any = Some(Box::new(Value::schema_ref()));
        MetaSchemaRef::Inline(Box::new(MetaSchema {
            additional_properties: any,
            ..MetaSchema::new("object")
        }))
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
        Box::new(std::iter::once(self))
    }
}

impl ParseFromJSON for Free {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        let value = value.unwrap_or_default();
        let document = match Self::text(&value) {
            Some(text) if is_without_nul(text) => RawJson::from_text(text),
            None if value.is_object() && !has_nul(&value) => RawJson::new(&value),
            _ => return Err(ParseError::expected_type(value)),
        };
        document.map(Self).map_err(ParseError::custom)
    }
}

impl ToJSON for Free {
    fn to_json(&self) -> Option<Value> {
        Some(Self::value(self.0.text().to_owned()))
    }
}

/// Whether the JSON contains no NUL. A possible match may be a backslash followed by `u0000`.
fn is_without_nul(text: &str) -> bool {
    !text.contains(ESCAPED_NUL) || serde_json::from_str(text).is_ok_and(|value| !has_nul(&value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn texts_stay_and_nul_is_refused() {
        let text = r#"{"b":12345678901234567890123,"a":"\\u0000"}"#;
        let free = Free::parse_from_json(Some(Free::value(text.into()))).unwrap();
        assert_eq!(free.0.text(), text);
        assert_eq!(Free::text(&free.to_json().unwrap()), Some(text));
        assert_eq!(Free::parse_from_json(Some(json!({ "a": 1 }))).unwrap().0.text(), r#"{"a":1}"#);
        for bad in [json!([]), json!("{}"), json!({ "a": "\0" }), json!({ "\0a": 1 }), Value::Null] {
            assert!(Free::parse_from_json(Some(bad)).is_err());
        }
        assert!(Free::parse_from_json(Some(Free::value(r#"{"a":["\u0000"]}"#.into()))).is_err());
    }
}
