//! Ids in paths. Those of the domain have the contract's form; endpoints and deliveries have prefixes of this contract.

use crate::Messaging;
use edge::{PathId, Result};
use entities::ids::{self, DeliveryId, EndpointId, MessagingCustomerId, SetupLinkId};
use platform::{Error, error::Fault};
use poem_openapi::registry::{MetaSchema, MetaSchemaRef};

/// An id in a path.
pub type Path<T> = edge::Path<Messaging, T>;

/// The 26 characters of a ULID.
const ULID: &str = "[0-9A-HJKMNP-TV-Z]{26}$";

/// The prefix of the ids of webhook subscriptions.
const SUBSCRIPTION: &str = "wbs_";
/// The prefix of the ids of webhook deliveries.
const DELIVERY: &str = "wbd_";

/// The id of a webhook subscription, as shown.
pub fn shown(id: EndpointId) -> String {
    ids::shown(SUBSCRIPTION, id.0)
}

/// The id of a webhook delivery, as shown.
pub fn shown_delivery(id: DeliveryId) -> String {
    ids::shown(DELIVERY, id.0)
}

/// The webhook subscription with this id; `None` if the text is not one.
pub fn subscription(text: &str) -> Option<EndpointId> {
    ids::read(SUBSCRIPTION, text).map(EndpointId)
}

/// Declares ids that are in paths, with their prefixes.
macro_rules! path_ids {
    ($($id:ident: $prefix:expr),* $(,)?) => {
        $(impl PathId<Messaging> for $id {
            fn schema() -> MetaSchemaRef {
                schema($prefix)
            }

            fn read(text: &str, parameter: &str) -> Result<Self> {
                let id = ids::read($prefix, text).ok_or_else(|| malformed(parameter, $prefix))?;
                Ok(Self(id))
            }
        })*
    };
}

path_ids!(
    MessagingCustomerId: Self::PREFIX,
    SetupLinkId: Self::PREFIX,
    EndpointId: SUBSCRIPTION,
    DeliveryId: DELIVERY,
);

fn schema(prefix: &str) -> MetaSchemaRef {
    MetaSchemaRef::Inline(Box::new(MetaSchema {
        pattern: Some(format!("^{prefix}{ULID}")),
        ..MetaSchema::new("string")
    }))
}

fn malformed(parameter: &str, prefix: &str) -> Error {
    Error::invalid(Fault::at(parameter, format!("must be an ID: {prefix} and 26 characters")))
}
