//! Paths in a value, as rows and fields: `/customers/3/serviceAddress/zip` is `serviceAddress.zip` of row 3.

use platform::error::Fault;

/// Maximum length of a field's path in bytes while it is built; it is shortened to fewer characters.
const ENOUGH: usize = 1 << 10;

/// A step into a value.
#[derive(Debug, Clone, Copy)]
pub enum Step<'v> {
    /// A property.
    Name(&'v str),
    /// An item of a list.
    Index(usize),
}

/// An error at a path; below the property with rows, its row is separated.
pub fn addressed(path: &[Step<'_>], below: &[String], rows: Option<&str>, message: String) -> Fault {
    let (row, path) = match path {
        [Step::Name(first), Step::Index(row), field @ ..] if Some(*first) == rows => {
            (Some(*row as u64), field)
        }
        path => (None, path),
    };
    Fault { row, ..Fault::at(field(path, below), message) }
}

/// The path with dots. It ends early after a very long name, which would not be shown.
fn field(path: &[Step<'_>], below: &[String]) -> String {
    let mut field = String::new();
    let below = below.iter().map(|name| Step::Name(name));
    for (number, step) in path.iter().copied().chain(below).enumerate() {
        if field.len() > ENOUGH {
            break;
        }
        if number > 0 {
            field.push('.');
        }
        match step {
            Step::Name(name) => field.extend(name.chars().map(visible).take(ENOUGH)),
            Step::Index(index) => field.push_str(&index.to_string()),
        }
    }
    field
}

/// What stands for a character in the name of a field.
const fn visible(character: char) -> char {
    if character == '\0' { char::REPLACEMENT_CHARACTER } else { character }
}

/// The segments of a JSON pointer.
pub fn segments(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|segment| segment.replace("~1", "/").replace("~0", "~")).collect()
}

#[cfg(test)]
mod tests {
    use super::{
        Step::{Index, Name},
        *,
    };

    #[test]
    fn paths_become_rows_and_fields() {
        let place = |path: &[Step<'_>], rows| {
            let fault = addressed(path, &[], rows, String::new());
            (fault.row, fault.field.to_string())
        };
        let rows = Some("customers");
        let customer = [Name("customers"), Index(3), Name("serviceAddress"), Name("zip")];
        assert_eq!(place(&customer, rows), (Some(3), "serviceAddress.zip".into()));
        assert_eq!(place(&customer[..2], rows), (Some(3), String::new()));
        assert_eq!(place(&customer[..1], rows), (None, "customers".into()));
        assert_eq!(place(&customer, None), (None, "customers.3.serviceAddress.zip".into()));
        assert_eq!(place(&[Name("a"), Name("b\0")], rows), (None, "a.b\u{fffd}".into()));
        assert_eq!(place(&[], None), (None, String::new()));
    }

    #[test]
    fn what_is_below_is_appended() {
        let fault = addressed(&[Name("a")], &segments("/b~1c/d~0"), None, String::new());
        assert_eq!(fault.field, "a.b/c.d~");
    }

    #[test]
    fn a_path_is_no_longer_than_is_shown() {
        let long = "k".repeat(1 << 20);
        let path = [Name(&long), Index(0), Name(&long), Name(&long)];
        assert!(addressed(&path, &[], None, String::new()).field.len() < 2 * ENOUGH);
    }
}
