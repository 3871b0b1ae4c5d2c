//! Free-form objects in a body, as their original text: see [`Free`].

use crate::types::Free;
use serde_json::{Value, value::RawValue};
use std::{borrow::Cow, collections::HashMap};

/// Replaces the object at the path by its text. Other values are unchanged.
pub(super) fn keep_text(body: &[u8], path: &[String], value: &mut Value) {
    let place = path.iter().try_fold(value, |value, name| value.get_mut(name));
    let Some(place) = place.filter(|place| place.is_object()) else { return };
    if let Some(text) = text_at(body, path).and_then(|text| entities::RawJson::from_text(text).ok()) {
        *place = Free::value(text.text().to_owned());
    }
}

fn text_at<'b>(body: &'b [u8], path: &[String]) -> Option<&'b str> {
    let whole: &RawValue = serde_json::from_slice(body).ok()?;
    path.iter().try_fold(whole.get(), |text, name| {
        let mut properties: HashMap<String, &RawValue> = serde_json::from_str(text).ok()?;
        properties.remove(name).map(RawValue::get)
    })
}

/// The value with free-form objects in place of their texts.
pub(super) fn with_contents<'v>(value: &'v Value, paths: &[Vec<String>]) -> Cow<'v, Value> {
    let mut value = Cow::Borrowed(value);
    for path in paths {
        let text = path.iter().try_fold(&*value, |value, name| value.get(name)).and_then(Free::text);
        let Some(contents) = text.and_then(|text| serde_json::from_str(text).ok()) else { continue };
        if let Some(place) = path.iter().try_fold(value.to_mut(), |value, name| value.get_mut(name)) {
            *place = contents;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_text_of_the_property_that_counts_is_kept() {
        let paths = [vec!["a".to_owned(), "b".to_owned()]];
        let kept = |body: &str| {
            let mut value = serde_json::from_str(body).unwrap();
            keep_text(body.as_bytes(), &paths[0], &mut value);
            value
        };
        let value = kept(r#"{ "a": { "b": {} }, "\u0061": { "b": { "n": 1.50, "n": 2 }, "c": 1.50 } }"#);
        assert_eq!(value, json!({ "a": { "b": Free::value(r#"{"n":1.50,"n":2}"#.into()), "c": 1.5 } }));
        assert_eq!(*with_contents(&value, &paths), json!({ "a": { "b": { "n": 2 }, "c": 1.5 } }));
        for other in [r#"{"a":{"b":"{}"}}"#, r#"{"a":{"b":null}}"#, r#"{"a":[{}]}"#, "7"] {
            assert_eq!(kept(other), serde_json::from_str::<Value>(other).unwrap());
        }
    }
}
