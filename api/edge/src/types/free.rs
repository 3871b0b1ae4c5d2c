//! Objects of free content: JSON that is passed on as the text that came.
//!
//! Wire objects are read from, and written to, [`Value`]s, which keep a number as 64 bits. So that no digit is lost, an
//! object of free content is its text there: [`Schema::read`](crate::schema::Schema::read) puts it in, and
//! [`RawJsonPayload`](crate::RawJsonPayload) writes it out.

use crate::schema::has_nul;
use entities::RawJson;
use poem_openapi::{
    registry::{MetaSchema, MetaSchemaRef},
    types::{ParseError, ParseFromJSON, ParseResult, ToJSON, Type},
};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// Properties of any kind, none of which has NUL in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Free(pub RawJson);

/// The one property of the object that stands for a text. No caller can give it: names with NUL are refused.
const TEXT: &str = "\0text";

/// How JSON writes NUL.
const ESCAPED_NUL: &str = "\\u0000";

impl Free {
    /// The value that stands for the text of an object.
    pub fn value(text: String) -> Value {
        Value::Object(Map::from_iter([(TEXT.to_owned(), Value::String(text))]))
    }

    /// The text that the value stands for; `None` for any other value.
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

/// Whether no text or name in the JSON has NUL. What looks like one may be a backslash that is followed by `u0000`.
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
