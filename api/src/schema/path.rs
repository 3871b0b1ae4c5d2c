//! From places in a value (`/customers/3/serviceAddress/zip`) to rows and fields (3, `serviceAddress.zip`).

use super::message;
use crate::types::check::NUL;
use jsonschema::{ValidationError, error::ValidationErrorKind};
use kernel::error::Fault;
use serde_json::Value;

/// The fault that an error of the validator tells of.
pub fn fault(error: &ValidationError<'_>, rows: Option<&str>) -> Fault {
    let mut path = segments(error.instance_path().as_str());
    // What is missing is named, not the object that lacks it.
    if let ValidationErrorKind::Required { property } = error.kind() {
        path.extend(property.as_str().map(str::to_owned));
    }
    addressed(&path, rows, message::of(error))
}

/// A fault at a path; below the property with the rows its row is taken out.
pub fn addressed(path: &[String], rows: Option<&str>, message: String) -> Fault {
    let (row, field) = match path {
        [first, row, field @ ..] if Some(first.as_str()) == rows => (row.parse().ok(), field),
        field => (None, field),
    };
    Fault { row, field: field.join("."), message }
}

/// The segments of a JSON pointer.
fn segments(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|segment| segment.replace("~1", "/").replace("~0", "~")).collect()
}

/// Tells the paths of all text and keys with a NUL in them.
pub fn find_nul(value: &Value, path: &mut Vec<String>, tell: &mut impl FnMut(&[String])) {
    match value {
        Value::String(text) if text.contains(NUL) => tell(path),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(index.to_string());
                find_nul(item, path, tell);
                path.pop();
            }
        }
        Value::Object(properties) => {
            for (name, item) in properties {
                path.push(name.replace(NUL, "\u{fffd}"));
                if name.contains(NUL) {
                    tell(path);
                }
                find_nul(item, path, tell);
                path.pop();
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn pointers_become_rows_and_fields() {
        let place = |pointer, rows| {
            let fault = addressed(&segments(pointer), rows, String::new());
            (fault.row, fault.field)
        };
        let rows = Some("customers");
        assert_eq!(place("/customers/3/serviceAddress/zip", rows), (Some(3), "serviceAddress.zip".into()));
        assert_eq!(place("/customers/3", rows), (Some(3), String::new()));
        assert_eq!(place("/customers", rows), (None, "customers".into()));
        assert_eq!(place("/options/dryRun", rows), (None, "options.dryRun".into()));
        assert_eq!(place("/metadata/a~1b~0c", None), (None, "metadata.a/b~c".into()));
        assert_eq!(place("", None), (None, String::new()));
    }

    #[test]
    fn nul_is_found_in_text_and_keys() {
        let mut found = vec![];
        let value = json!({ "a": ["x", "y\0"], "b\0": 1, "c": { "d": "\0" } });
        find_nul(&value, &mut vec![], &mut |path| found.push(path.join(".")));
        assert_eq!(found, ["a.1", "b\u{fffd}", "c.d"]);
    }
}
