//! Maps recorded objects to the partner contract: names in camel case, ids and times in its format, without internal
//! fields.

use crate::wire::time;
use chrono::{DateTime, Utc};
use entities::ids;
use serde_json::{Map, Value};
use uuid::Uuid;

/// Internal fields.
const OURS: &[&str] = &["organization_id", "email_key"];

/// Times whose names do not end in `_at`.
const TIMES: &[&str] = &["timestamp", "estimated_resolution"];

/// Maps an object of this resource; the content of the fields in `free` belongs to the caller, and is unchanged.
pub(super) fn camel(object: &Value, resource: &str, free: &[&str]) -> Value {
    let Value::Object(fields) = object else { return object.clone() };
    let shown = fields.iter().filter(|(name, _)| !OURS.contains(&name.as_str()));
    let wire = |(name, value): (&String, &Value)| {
        let value = match value {
            Value::String(text) if name == "id" => id(resource, text),
            Value::String(text) if let Some(other) = name.strip_suffix("_id") => id(other, text),
            Value::String(text) if name.ends_with("_at") || TIMES.contains(&name.as_str()) => moment(text),
            Value::Object(_) if !free.contains(&name.as_str()) => camel(value, resource, free),
            Value::Array(items) if !free.contains(&name.as_str()) => {
                items.iter().map(|item| camel(item, resource, free)).collect()
            }
            other => other.clone(),
        };
        (renamed(name), value)
    };
    Value::Object(shown.map(wire).collect::<Map<_, _>>())
}

fn id(resource: &str, text: &str) -> Value {
    Uuid::try_parse(text).map_or_else(|_| text.to_owned(), |key| ids::show(resource, key)).into()
}

fn moment(text: &str) -> Value {
    text.parse::<DateTime<Utc>>().map_or_else(|_| text.to_owned(), time).into()
}

fn renamed(name: &str) -> String {
    let mut words = name.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let (first, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
        camel.push_str(&first.to_uppercase());
        camel.push_str(rest);
    }
    camel
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_object_is_told_in_the_contracts_words() {
        let recorded = json!({
            "id": "01934e2a-7b00-7abc-8def-0123456789ab",
            "organization_id": "01934e2a-7b00-7abc-8def-0123456789ab",
            "customer_id": "01934e2a-7b00-7abc-8def-0123456789ab",
            "email_key": "a@b.c",
            "first_name": "Ann",
            "service_address": { "street1": "1 Main", "street_type": null },
            "metadata": { "my_key": "id", "id": "01934e2a-7b00-7abc-8def-0123456789ab" },
            "updates": [{ "timestamp": "2026-11-22T07:42:40Z", "told_by": "Ann" }, "x"],
            "created_at": "2026-11-22T07:42:40.123456Z",
        });
        let told = json!({
            "id": "cust_01JD72MYR0FAY8VVR14D2PF2DB",
            "customerId": "cust_01JD72MYR0FAY8VVR14D2PF2DB",
            "firstName": "Ann",
            "serviceAddress": { "street1": "1 Main", "streetType": null },
            "metadata": { "my_key": "id", "id": "01934e2a-7b00-7abc-8def-0123456789ab" },
            "updates": [{ "timestamp": "2026-11-22T07:42:40.000Z", "toldBy": "Ann" }, "x"],
            "createdAt": "2026-11-22T07:42:40.123Z",
        });
        assert_eq!(camel(&recorded, "customer", &["metadata"]), told);
    }
}
