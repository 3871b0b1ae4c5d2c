//! JSON that is stored as it was written.

use sea_orm::{
    ActiveValue, ColIdx, DbErr, IntoActiveValue, QueryResult, TryGetError, TryGetable, TryGetableFromJson,
    Value,
    sea_query::{ArrayType, ColumnType, Nullable, ValueType, ValueTypeErr},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::{RawValue, to_raw_value};

/// A JSON value as text, serialized once and not parsed by code that only passes it on. Numbers keep all their digits,
/// objects the order of their properties.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RawJson(Box<RawValue>);

impl RawJson {
    /// Serializes a value. An error if JSON cannot represent it, such as a map with keys that are not strings.
    pub fn new<T: Serialize + ?Sized>(what: &T) -> serde_json::Result<Self> {
        to_raw_value(what).map(Self)
    }

    /// Takes a JSON text, without the white space between its tokens. An error if it is not JSON.
    pub fn from_text(text: &str) -> serde_json::Result<Self> {
        RawValue::from_string(compact(text)).map(Self)
    }

    /// Returns the text.
    pub fn text(&self) -> &str {
        self.0.get()
    }

    /// Deserializes the value. An error if it has another type.
    pub fn read<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_str(self.0.get())
    }
}

/// An empty object.
impl Default for RawJson {
    fn default() -> Self {
        Self(RawValue::from_string("{}".to_owned()).unwrap_or_else(|_| RawValue::NULL.to_owned()))
    }
}

/// Compares the texts.
impl PartialEq for RawJson {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}

/// Removes the white space between the tokens of a JSON text.
fn compact(text: &str) -> String {
    let (mut is_in_string, mut is_escaped) = (false, false);
    let is_kept = |sign: &char| {
        if is_in_string {
            is_in_string = is_escaped || *sign != '"';
            is_escaped = !is_escaped && *sign == '\\';
            return true;
        }
        is_in_string = *sign == '"';
        !matches!(sign, ' ' | '\t' | '\n' | '\r')
    };
    text.chars().filter(is_kept).collect()
}

/// A column of type `json`.
#[derive(Deserialize)]
#[serde(transparent)]
struct Json(Box<RawValue>);

impl TryGetableFromJson for Json {}

/// Reads a column of type `json` or of text.
impl TryGetable for RawJson {
    fn try_get_by<I: ColIdx>(row: &QueryResult, column: I) -> Result<Self, TryGetError> {
        match Json::try_get_by(row, column) {
            Ok(json) => Ok(Self(json.0)),
            Err(null @ TryGetError::Null(_)) => Err(null),
            Err(_) => {
                let text = RawValue::from_string(String::try_get_by(row, column)?);
                text.map(Self).map_err(|error| DbErr::Json(error.to_string()).into())
            }
        }
    }
}

impl IntoActiveValue<Self> for RawJson {
    fn into_active_value(self) -> ActiveValue<Self> {
        ActiveValue::set(self)
    }
}

/// Written as text, which no database changes.
impl From<RawJson> for Value {
    fn from(document: RawJson) -> Self {
        document.0.get().into()
    }
}

impl ValueType for RawJson {
    fn try_from(value: Value) -> Result<Self, ValueTypeErr> {
        match value {
            Value::String(Some(text)) => Self::from_text(&text).map_err(|_| ValueTypeErr),
            _ => Err(ValueTypeErr),
        }
    }

    fn type_name() -> String {
        "Document".to_owned()
    }

    fn array_type() -> ArrayType {
        ArrayType::String
    }

    fn column_type() -> ColumnType {
        ColumnType::Text
    }
}

impl Nullable for RawJson {
    fn null() -> Value {
        Value::String(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stays_as_it_came_but_for_white_space() {
        let text = r#"{ "b" : 12345678901234567890123,
            "a": 12345678901234567.89, "a": "x \" y \\", "c": [ 1.0, 1e2 ] }"#;
        let kept = r#"{"b":12345678901234567890123,"a":12345678901234567.89,"a":"x \" y \\","c":[1.0,1e2]}"#;
        assert_eq!(RawJson::from_text(text).unwrap().text(), kept);
        assert!(RawJson::from_text("{").is_err());
        assert_eq!(RawJson::default().text(), "{}");
    }
}
