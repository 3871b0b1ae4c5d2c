//! What of an object has changed, and what of it nobody may read.

use serde_json::{Map, Value, json};

/// What stands in the place of a secret.
const MASK: &str = "***";

/// Words in the names of fields whose values are secret.
const SECRET: &[&str] = &["secret", "password", "credential", "private", "token", "hash", "authorization"];

/// Of each field that differs, `{"before": …, "after": …}`, secrets masked. Both are objects.
pub(super) fn between(before: &Value, after: &Value) -> Value {
    let (none, empty) = (Value::Null, Map::new());
    let [before, after] = [before, after].map(|object| object.as_object().unwrap_or(&empty));
    let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
    let of = |object: &Map<String, Value>, name: &String| {
        let mut value = object.get(name).unwrap_or(&none).clone();
        mask_field(name, &mut value);
        value
    };
    let differ = names.filter(|name| before.get(*name) != after.get(*name));
    differ
        .map(|name| (name.clone(), json!({ "before": of(before, name), "after": of(after, name) })))
        .collect()
}

/// The value without the secrets in it.
pub fn masked(mut value: Value) -> Value {
    mask(&mut value);
    value
}

fn mask(value: &mut Value) {
    match value {
        Value::Object(fields) => fields.iter_mut().for_each(|(name, value)| mask_field(name, value)),
        Value::Array(items) => items.iter_mut().for_each(mask),
        _ => {}
    }
}

/// What is not there is no secret.
fn mask_field(name: &str, value: &mut Value) {
    if !value.is_null() && is_secret(name) {
        *value = MASK.into();
    } else {
        mask(value);
    }
}

fn is_secret(name: &str) -> bool {
    let is_in = |word: &[u8]| name.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word));
    SECRET.iter().any(|word| is_in(word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_told() {
        let before = json!({ "a": 1, "b": 2, "gone": true, "secret": "x", "deep": { "token": "t", "n": 1 } });
        let after = json!({ "a": 1, "b": 3, "new": [], "secret": "y", "deep": { "token": "t", "n": 2 } });
        let expected = json!({
            "b": { "before": 2, "after": 3 },
            "gone": { "before": true, "after": null },
            "new": { "before": null, "after": [] },
            "secret": { "before": "***", "after": "***" },
            "deep": { "before": { "token": "***", "n": 1 }, "after": { "token": "***", "n": 2 } },
        });
        assert_eq!(between(&before, &after), expected);
    }

    #[test]
    fn secrets_are_masked_at_any_depth() {
        let value = json!({ "list": [{ "sharedSecret": "s", "clientPassword": null }], "name": "n" });
        let expected = json!({ "list": [{ "sharedSecret": "***", "clientPassword": null }], "name": "n" });
        assert_eq!(masked(value), expected);
    }
}
