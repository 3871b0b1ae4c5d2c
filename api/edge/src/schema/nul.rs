//! The character NUL, which the database cannot store.

use super::path::Step;
use crate::types::check::NUL;
use serde_json::Value;

/// Calls `found` with the path of each text and key that contains NUL, until it returns false. True if it did.
pub fn find_nul<'v>(
    value: &'v Value,
    path: &mut Vec<Step<'v>>,
    found: &mut impl FnMut(&[Step<'v>]) -> bool,
) -> bool {
    match value {
        Value::String(text) => text.contains(NUL) && !found(path),
        Value::Array(items) => {
            items.iter().enumerate().any(|(index, item)| below(Step::Index(index), item, path, found))
        }
        Value::Object(properties) => {
            properties.iter().any(|(name, item)| below(Step::Name(name), item, path, found))
        }
        _ => false,
    }
}

fn below<'v>(
    step: Step<'v>,
    value: &'v Value,
    path: &mut Vec<Step<'v>>,
    found: &mut impl FnMut(&[Step<'v>]) -> bool,
) -> bool {
    path.push(step);
    let in_name = matches!(step, Step::Name(name) if name.contains(NUL));
    let stopped = in_name && !found(path) || find_nul(value, path, found);
    path.pop();
    stopped
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn paths(value: &Value, most: usize) -> Vec<usize> {
        let mut found = vec![];
        find_nul(value, &mut vec![], &mut |path| {
            found.push(path.len());
            found.len() < most
        });
        found
    }

    #[test]
    fn nul_is_found_in_text_and_keys() {
        let value = json!({ "a": ["x", "y\0"], "b\0": 1, "c": { "d": { "e": "\0" } } });
        assert_eq!(paths(&value, 9), [2, 1, 3]);
        assert!(paths(&json!({ "a": ["x", 1, null] }), 9).is_empty());
    }

    #[test]
    fn the_search_ends_where_it_is_told_to() {
        assert_eq!(paths(&json!(["\0", "\0", "\0"]), 2), [1, 1]);
    }
}
