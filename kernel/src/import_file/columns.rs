//! The columns that a header names.

use super::separator;
use crate::error::{Fault, Faults};

/// Finds the column of each name in the header. `find` returns a column's own name, whatever case the header has it in.
/// Notes names that stand for no column or for the same as another one, and the columns of `required` that are missing.
/// A column without a name is `None`.
pub fn match_header(
    header: &[String],
    find: impl Fn(&str) -> Option<String>,
    required: &[String],
    faults: &mut Faults,
) -> Vec<Option<String>> {
    let mut columns: Vec<Option<String>> = vec![];
    for name in header {
        let column = find(name).filter(|_| !name.is_empty());
        if let Some(message) = error(name, column.as_ref(), &columns, header) {
            faults.push(Fault::field(name, message));
        }
        columns.push(column);
    }
    let is_missing = |name: &&String| !columns.iter().flatten().any(|column| column == *name);
    faults
        .extend(required.iter().filter(is_missing).map(|name| Fault::field(name, "this column is missing")));
    columns
}

/// What is wrong with a name that stands for the column, behind those that have been read.
fn error(name: &str, column: Option<&String>, read: &[Option<String>], header: &[String]) -> Option<String> {
    match (column, header) {
        (Some(_), _) => {
            read.iter().any(|other| other.as_ref() == column).then(|| "this column is there twice".into())
        }
        (None, _) if name.is_empty() => None,
        // A header that is a single name may have a separator that is not known.
        (None, [_]) => {
            Some(format!("there is no such column; columns are separated by {}", separator::NAMES))
        }
        (None, _) => Some("there is no such column".into()),
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
            [
                "EMAIL: this column is there twice",
                "name: there is no such column",
                "zip: this column is missing"
            ]
        );
        let (_, faults) = matched(&["email^zip"]);
        assert!(faults[0].ends_with("separated by a comma, a semicolon, a tab or |"), "{faults:?}");
    }
}
