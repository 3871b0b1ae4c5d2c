//! JSON responses with free-form objects.

use crate::types::Free;
use poem::{IntoResponse, Response};
use poem_openapi::{
    ApiResponse,
    payload::{Json, Payload},
    registry::{MetaResponses, MetaSchemaRef, Registry},
    types::{ToJSON, Type},
};
use serde::{Serialize, Serializer};
use serde_json::{Value, value::RawValue};

/// A JSON response whose free-form objects ([`Free`]) are written unchanged. Otherwise like the framework's [`Json`].
pub struct RawJsonPayload<T>(pub T);

impl<T: Type> Payload for RawJsonPayload<T> {
    const CONTENT_TYPE: &'static str = Json::<T>::CONTENT_TYPE;

    fn check_content_type(content_type: &str) -> bool {
        Json::<T>::check_content_type(content_type)
    }

    fn schema_ref() -> MetaSchemaRef {
        Json::<T>::schema_ref()
    }

    fn register(registry: &mut Registry) {
        <Json<T> as Payload>::register(registry);
    }
}

impl<T: ToJSON> IntoResponse for RawJsonPayload<T> {
    fn into_response(self) -> Response {
        let value = self.0.to_json().unwrap_or_default();
        poem::web::Json(WithTexts(&value)).into_response()
    }
}

impl<T: ToJSON> ApiResponse for RawJsonPayload<T> {
    fn meta() -> MetaResponses {
        Json::<T>::meta()
    }

    fn register(registry: &mut Registry) {
        <Json<T> as ApiResponse>::register(registry);
    }
}

/// A value, written with the original texts of free-form objects.
struct WithTexts<'v>(&'v Value);

impl Serialize for WithTexts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.0, Free::text(self.0)) {
            (_, Some(text)) => {
                let raw: &RawValue = serde_json::from_str(text).map_err(serde::ser::Error::custom)?;
                raw.serialize(serializer)
            }
            (Value::Array(items), None) => serializer.collect_seq(items.iter().map(WithTexts)),
            (Value::Object(fields), None) => {
                serializer.collect_map(fields.iter().map(|(name, value)| (name, WithTexts(value))))
            }
            (other, None) => other.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn texts_are_written_as_they_are() {
        let text = r#"{"b":12345678901234567890123,"a":1.50,"a":{}}"#;
        let value = json!({ "data": [{ "n": null, "payload": Free::value(text.into()) }, 7] });
        let expected = format!(r#"{{"data":[{{"n":null,"payload":{text}}},7]}}"#);
        assert_eq!(serde_json::to_string(&WithTexts(&value)).unwrap(), expected);
    }
}
