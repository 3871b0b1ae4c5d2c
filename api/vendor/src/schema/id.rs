//! Ids: UUIDs, in this contract.

use crate::Vendor;
use edge::{PathId, types::text};
use entities::ids::{
    EndpointId, VendorAttemptId, VendorDetailId, VendorProvisionerId, VendorRequestId, VendorResultId,
};
use platform::error::{Error, Fault};
use poem_openapi::{registry::MetaSchemaRef, types::Type};
use uuid::Uuid;

/// An id in a path.
pub type Path<T> = edge::Path<Vendor, T>;

/// Characters of a UUID as RFC 9562 writes it.
const LENGTH: usize = 36;

text!(
    /// A UUID.
    Id, { format: Some("uuid") }, is_uuid
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

/// Declares ids that are in paths.
macro_rules! path_ids {
    ($($id:ident),*) => {
        $(impl PathId<Vendor> for $id {
            fn schema() -> MetaSchemaRef {
                Id::schema_ref()
            }

            fn read(text: &str, parameter: &str) -> edge::Result<Self> {
                let id = parse(text).ok_or_else(|| Error::invalid(Fault::at(parameter, "must be a UUID")))?;
                Ok(Self(id))
            }
        })*
    };
}

path_ids!(EndpointId, VendorAttemptId, VendorDetailId, VendorProvisionerId, VendorRequestId, VendorResultId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_usual_form_is_an_id() {
        let id = Uuid::now_v7();
        assert_eq!(VendorRequestId::read(&id.to_string(), "id").unwrap(), VendorRequestId(id));
        assert!(is_uuid(&id.to_string().to_uppercase()));
        for bad in ["", "x", &id.simple().to_string(), &id.braced().to_string(), &id.urn().to_string()] {
            assert!(!is_uuid(bad), "{bad}");
            assert!(VendorRequestId::read(bad, "id").is_err(), "{bad}");
        }
    }
}
