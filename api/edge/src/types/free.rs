//! Free-form objects: JSON that is passed on as its original text.
//!
//! Wire objects are parsed from, and written to, [`Value`]s, which store numbers in 64 bits. To keep all digits, a
//! free-form object is its text there: [`Schema::read`](crate::schema::Schema::read) inserts it, and
//! [`RawJsonPayload`](crate::RawJsonPayload) writes it.

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
            Some(text) => RawJson::from_text(text),
            None if value.is_object() => RawJson::new(&value),
            None => return Err(ParseError::expected_type(value)),
        };
        let document = document.map_err(ParseError::custom)?;
        if has_nul(document.text()) { Err(ParseError::expected_type(value)) } else { Ok(Self(document)) }
    }
}

impl ToJSON for Free {
    fn to_json(&self) -> Option<Value> {
        Some(Self::value(self.0.text().to_owned()))
    }
}

/// Whether the JSON contains NUL. After an odd number of backslashes the match begins with an escaped backslash, which
/// `u0000` follows as plain text.
fn has_nul(json: &str) -> bool {
    let backslashes = |before: &str| before.bytes().rev().take_while(|byte| *byte == b'\\').count();
    json.match_indices(ESCAPED_NUL).any(|(at, _)| backslashes(&json[..at]).is_multiple_of(2))
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
        for bad in [r#"{"a":["\u0000"]}"#, r#"{"a\\\u0000":1}"#, r#"{"a":"\\u0000\u0000"}"#] {
            assert!(Free::parse_from_json(Some(Free::value(bad.into()))).is_err(), "{bad}");
        }
    }
}
