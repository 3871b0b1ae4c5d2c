//! Query parameters: normalized, parsed as documented, and explained if invalid.

use crate::{schema::messages, types::whole_number};
use form_urlencoded::Serializer;
use platform::error::Fault;
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// A query parameter of an operation.
pub struct QueryParameter {
    name: String,
    is_required: bool,
    /// The schema, without references.
    schema: Value,
}

impl QueryParameter {
    /// The parameters of an operation in a document.
    pub fn all(document: &Value, operation: &Value) -> Vec<Self> {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let in_query = parameters.filter(|parameter| parameter["in"] == "query");
        let described = in_query.filter_map(|parameter| {
            Some(Self {
                name: parameter["name"].as_str()?.to_owned(),
                is_required: parameter["required"] == true,
                schema: resolved(document, &parameter["schema"]),
            })
        });
        described.collect()
    }

    fn is_of_type(&self, name: &str) -> bool {
        match &self.schema["type"] {
            Value::String(only) => only == name,
            Value::Array(several) => several.iter().any(|one| one == name),
            _ => false,
        }
    }

    /// The value in the normal form of the parameter's type; unchanged if invalid. `None` counts as missing.
    fn normalized<'t>(&self, text: &'t str) -> Option<Cow<'t, str>> {
        if text.is_empty() || self.is_of_type("null") && text == "null" {
            return None;
        }
        let plain = if self.is_of_type("boolean") {
            boolean(text).map(|value| value.to_string())
        } else if self.is_of_type("integer") {
            whole_number(text).map(|number| number.to_string())
        } else {
            None
        };
        Some(plain.map_or(Cow::Borrowed(text), Cow::Owned))
    }

    /// The error in a normalized value.
    fn messages(&self, text: Option<&str>) -> Vec<String> {
        let Some(text) = text else {
            return if self.is_required { vec!["is required".into()] } else { vec![] };
        };
        messages(&self.schema, &self.value(text))
    }

    /// The JSON value of a normalized text: a number or boolean if the schema expects one, otherwise text.
    fn value(&self, text: &str) -> Value {
        let value = if self.is_of_type("string") { None } else { serde_json::from_str(text).ok() };
        // `null` is a word here: as a value it would count as absent.
        value.filter(|value: &Value| !value.is_null()).unwrap_or_else(|| Value::from(text))
    }
}

/// The referenced schema, with its siblings.
fn resolved(document: &Value, schema: &Value) -> Value {
    let mut own = schema.clone();
    let reference = own.as_object_mut().and_then(|own| own.remove("$ref"));
    let Some(target) = reference.as_ref().and_then(|reference| reference.as_str()?.strip_prefix('#')) else {
        return own;
    };
    let mut target = document.pointer(target).cloned().unwrap_or_else(|| json!({}));
    if let (Value::Object(target), Value::Object(own)) = (&mut target, own) {
        target.extend(own);
    }
    target
}

/// A boolean in any case, or as a number.
fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" => Some(true),
        "0" => Some(false),
        word if word.eq_ignore_ascii_case("true") => Some(true),
        word if word.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// The query string with normalized values of these parameters, without empty ones; others are unchanged. `None` if
/// nothing changes.
pub fn normalized(parameters: &[QueryParameter], query: &str) -> Option<String> {
    let mut changed = false;
    let mut normalized = Serializer::new(String::new());
    for (name, text) in form_urlencoded::parse(query.as_bytes()) {
        let declared = parameters.iter().find(|parameter| parameter.name == name);
        let value = declared.map_or(Some(Cow::Borrowed(&*text)), |parameter| parameter.normalized(&text));
        changed |= value.as_deref() != Some(&*text);
        if let Some(value) = value {
            normalized.append_pair(&name, &value);
        }
    }
    changed.then(|| normalized.finish())
}

/// These parameters of a normalized query string as an object; the first value of a repeated one.
pub fn object(parameters: &[QueryParameter], query: &str) -> Value {
    let mut object = Map::new();
    for (name, text) in form_urlencoded::parse(query.as_bytes()) {
        if let Some(parameter) = parameters.iter().find(|parameter| parameter.name == name)
            && !object.contains_key(&*name)
        {
            object.insert(name.into_owned(), parameter.value(&text));
        }
    }
    object.into()
}

/// The errors in a normalized query string.
pub fn faults(parameters: &[QueryParameter], query: &str) -> Vec<Fault> {
    let given: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    let faults = parameters.iter().flat_map(|parameter| {
        let text = given.iter().find(|(name, _)| *name == parameter.name).map(|(_, text)| &**text);
        parameter.messages(text).into_iter().map(|message| Fault::at(parameter.name.as_str(), message))
    });
    faults.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parameters() -> Vec<QueryParameter> {
        let limit = json!({ "type": ["integer", "null"], "minimum": 1, "maximum": 100 });
        let parameters = json!({ "parameters": [
            { "in": "query", "name": "limit", "schema": limit },
            { "in": "query", "name": "dryRun", "schema": { "type": "boolean" } },
            { "in": "query", "name": "status", "schema": { "$ref": "#/components/schemas/Status" } },
            { "in": "query", "name": "zip", "schema": { "type": "string", "pattern": "^9", "title": "a ZIP code" } },
            { "in": "query", "name": "since", "required": true, "schema": { "type": "string" } },
            { "in": "header", "name": "x", "schema": { "type": "boolean" } },
        ] });
        let status = json!({ "type": "string", "enum": ["OPEN", "CLOSED"] });
        QueryParameter::all(&json!({ "components": { "schemas": { "Status": status } } }), &parameters)
    }

    fn plain(query: &str) -> String {
        normalized(&parameters(), query).unwrap_or_else(|| query.to_owned())
    }

    #[test]
    fn values_are_read_as_clients_write_them() {
        for (given, expected) in [
            ("dryRun=True&limit=20.0", "dryRun=true&limit=20"),
            ("dryRun=1", "dryRun=true"),
            ("dryRun=0&dryRun=FALSE", "dryRun=false&dryRun=false"),
            ("limit=&status=&zip=", ""),
            ("limit=null", ""),
            ("status=null", "status=null"),
            ("limit=1e1", "limit=10"),
            ("other=&x=True", "other=&x=True"),
            ("limit=1.5&dryRun=yes", "limit=1.5&dryRun=yes"),
        ] {
            assert_eq!(plain(given), expected, "{given}");
        }
        assert_eq!(normalized(&parameters(), "limit=20&status=a%20b"), None, "nothing to change");
    }

    #[test]
    fn every_bad_parameter_is_named() {
        let faults = faults(&parameters(), "limit=0&dryRun=perhaps&status=open&zip=1");
        let texts: Vec<_> = faults.iter().map(|fault| format!("{} {}", fault.field, fault.message)).collect();
        assert_eq!(
            texts,
            [
                "limit must be at least 1",
                "dryRun must be true or false",
                "status must be one of OPEN, CLOSED",
                "zip must be a ZIP code",
                "since is required"
            ]
        );
        assert!(super::faults(&parameters(), "limit=100&dryRun=true&since=x").is_empty());
    }

    #[test]
    fn the_parameters_are_an_object_of_their_types() {
        let query = "limit=20&limit=30&dryRun=true&zip=92025&since=20&other=1";
        let expected = json!({ "limit": 20, "dryRun": true, "zip": "92025", "since": "20" });
        assert_eq!(object(&parameters(), query), expected);
        assert_eq!(object(&parameters(), "limit=many"), json!({ "limit": "many" }));
        // As a value it would count as absent, and the default would be taken.
        assert_eq!(object(&parameters(), "dryRun=null")["dryRun"], "null");
    }

    proptest! {
        #[test]
        fn what_is_normalized_needs_no_change(pairs in prop::collection::vec(
            (prop_oneof!["limit", "dryRun", "status", "[a-z]{0,3}"], ".{0,6}|[+-]?[0-9]{1,25}([.]0+)?|(?i)true"), 0..4)
        ) {
            let query = Serializer::new(String::new()).extend_pairs(pairs).finish();
            let once = plain(&query);
            prop_assert_eq!(plain(&once), once);
        }
    }
}
