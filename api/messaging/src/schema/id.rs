//! Ids in paths.

use crate::Messaging;
use edge::{PathId, Result};
use entities::ids::{MessagingCustomerId, SetupLinkId};
use platform::{Error, error::Fault};
use poem_openapi::registry::{MetaSchema, MetaSchemaRef};

/// An id in a path.
pub type Path<T> = edge::Path<Messaging, T>;

/// The 26 characters of a ULID.
const ULID: &str = "[0-9A-HJKMNP-TV-Z]{26}$";

/// The schema of ids with this prefix.
pub fn schema(prefix: &str) -> MetaSchemaRef {
    MetaSchemaRef::Inline(Box::new(MetaSchema {
        pattern: Some(format!("^{prefix}{ULID}")),
        ..MetaSchema::new("string")
    }))
}

/// The error for text that is not an id.
pub fn malformed(parameter: &str, prefix: &str) -> Error {
    Error::invalid(Fault::at(parameter, format!("must be an ID: {prefix} and 26 characters")))
}

/// Declares ids that are in paths.
macro_rules! path_ids {
    ($($id:ident),*) => {
        $(impl PathId<Messaging> for $id {
            fn schema() -> MetaSchemaRef {
                schema($id::PREFIX)
            }

            fn read(text: &str, parameter: &str) -> Result<Self> {
                Ok(text.parse().map_err(|_| malformed(parameter, $id::PREFIX))?)
            }
        })*
    };
}

path_ids!(MessagingCustomerId, SetupLinkId);
