//! Differences between two states of an object.

use serde_json::{Map, Value, json};

/// `{"before": …, "after": …}` for each differing field. Both are objects.
pub(super) fn diff(before: &Value, after: &Value) -> Value {
    let (none, empty) = (Value::Null, Map::new());
    let [before, after] = [before, after].map(|object| object.as_object().unwrap_or(&empty));
    let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
    let differ = names.filter(|name| before.get(*name) != after.get(*name));
    let of = |object: &Map<String, Value>, name: &String| object.get(name).unwrap_or(&none).clone();
    differ
        .map(|name| (name.clone(), json!({ "before": of(before, name), "after": of(after, name) })))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_told() {
        let before = json!({ "a": 1, "b": 2, "gone": true, "deep": { "token": "t", "n": 1 } });
        let after = json!({ "a": 1, "b": 3, "new": [], "deep": { "token": "t", "n": 2 } });
        let expected = json!({
            "b": { "before": 2, "after": 3 },
            "gone": { "before": true, "after": null },
            "new": { "before": null, "after": [] },
            "deep": { "before": { "token": "t", "n": 1 }, "after": { "token": "t", "n": 2 } },
        });
        assert_eq!(diff(&before, &after), expected);
    }
}
