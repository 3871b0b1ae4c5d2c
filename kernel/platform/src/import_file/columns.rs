//! Matches the names of a header to columns.

use super::separator;
use crate::error::{Fault, Faults};
use std::collections::HashSet;

/// Finds the column of each name in the header. `find` returns the canonical name of a column, ignoring case. Adds
/// faults for unknown and duplicate names, and for missing columns of `required`. A column without a name is `None`.
pub fn match_header(
    header: &[String],
    find: impl Fn(&str) -> Option<String>,
    required: &[String],
    faults: &mut Faults,
) -> Vec<Option<String>> {
    let column = |name: &String| find(name).filter(|_| !name.is_empty());
    let columns: Vec<_> = header.iter().map(column).collect();
    check(header, &columns, required, faults);
    columns
}

/// Adds faults of the names of these columns.
fn check(header: &[String], columns: &[Option<String>], required: &[String], faults: &mut Faults) {
    let mut seen = HashSet::new();
    for (name, column) in header.iter().zip(columns) {
        let message = match column {
            Some(column) => (!seen.insert(column)).then(|| "duplicate column".into()),
            None => unknown(name, header),
        };
        faults.extend(message.map(|message| Fault::at(name, message)));
    }
    let missing = required.iter().filter(|name| !seen.contains(name));
    faults.extend(missing.map(|name| Fault::at(name, "this column is missing")));
}

/// The fault of an unknown name, unless it is empty.
fn unknown(name: &str, header: &[String]) -> Option<String> {
    match header {
        _ if name.is_empty() => None,
        // A header with a single name may have an unknown separator.
        [_] => Some(format!("unknown column; columns are separated by {}", separator::NAMES)),
        _ => Some("unknown column".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matched(header: &[&str]) -> (Vec<Option<String>>, Vec<String>) {
        let header: Vec<_> = header.iter().map(|name| (*name).to_owned()).collect();
        let find = |name: &str| {
            ["email", "zip", "city"].into_iter().find(|column| column.eq_ignore_ascii_case(name))
        };
        let mut faults = Faults::default();
        let required = ["email".to_owned(), "zip".to_owned()];
        let columns = match_header(&header, |name| find(name).map(str::to_owned), &required, &mut faults);
        (columns, faults.into_listed().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn columns_may_be_in_any_order_and_case() {
        let (columns, faults) = matched(&["ZIP", "email", ""]);
        assert_eq!((columns, faults), (vec![Some("zip".into()), Some("email".into()), None], vec![]));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let (_, faults) = matched(&["email", "EMAIL", "name"]);
        assert_eq!(
            faults,
            ["EMAIL: duplicate column", "name: unknown column", "zip: this column is missing"]
        );
        let (_, faults) = matched(&["email^zip"]);
        assert!(faults[0].ends_with("separated by a comma, a semicolon, a tab or |"), "{faults:?}");
    }
}
