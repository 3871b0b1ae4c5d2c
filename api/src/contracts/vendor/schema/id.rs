//! Ids: UUIDs, in this contract.

use crate::types::{check, text};
use kernel::error::{Error, Fault, Result};
use uuid::Uuid;

/// Characters of a UUID as RFC 9562 writes it.
const LENGTH: usize = 36;

text!(
    /// A UUID.
    Id, { format: Some("uuid") }, is_uuid
);

text!(
    /// A UUID in a path: what is none is refused by [`PathId::read`], which can name it.
    PathId, { format: Some("uuid") }, check::any
);

fn is_uuid(text: &str) -> bool {
    parse(text).is_some()
}

/// Only the usual form: libraries read others too.
fn parse(text: &str) -> Option<Uuid> {
    text.parse().ok().filter(|_| text.len() == LENGTH)
}

impl From<Id> for Uuid {
    fn from(id: Id) -> Self {
        // What an id is made from was checked when it was read.
        id.0.parse().unwrap_or_default()
    }
}

impl From<Uuid> for Id {
    fn from(id: Uuid) -> Self {
        Self(id.to_string())
    }
}

impl PathId {
    /// The id; `Invalid`, with the parameter's name, for what is none.
    pub fn read<T>(&self, name: &str, of: fn(Uuid) -> T) -> Result<T> {
        let id = parse(&self.0).ok_or_else(|| Error::invalid(Fault::at(name, "must be a UUID")))?;
        Ok(of(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_usual_form_is_an_id() {
        let id = Uuid::now_v7();
        assert_eq!(PathId(id.to_string()).read("id", |id| id).unwrap(), id);
        assert!(is_uuid(&id.to_string().to_uppercase()));
        for bad in ["", "x", &id.simple().to_string(), &id.braced().to_string(), &id.urn().to_string()] {
            assert!(!is_uuid(bad), "{bad}");
            assert!(PathId(bad.to_owned()).read("id", |id| id).is_err(), "{bad}");
        }
    }
}
