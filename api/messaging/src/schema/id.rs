//! Ids in paths.

use crate::Messaging;
use edge::{PathId, Result};
use entities::ids::{self, DeliveryId, EndpointId, MessagingCustomerId, SetupLinkId, WebhookSecretId};
use kernel::contracts::messaging::{CONTRACT, DELIVERY_PREFIX, WEBHOOK_PREFIX};
use platform::{Error, error::Fault};
use poem_openapi::registry::{MetaSchema, MetaSchemaRef};

/// An id in a path.
pub type Path<T> = edge::Path<Messaging, T>;

/// The 26 characters of a ULID.
const ULID: &str = "[0-9A-HJKMNP-TV-Z]{26}$";

/// The id of a webhook subscription, as shown.
pub fn shown(id: EndpointId) -> String {
    CONTRACT.webhooks.endpoint.show(id.0)
}

/// The id of a webhook delivery, as shown.
pub fn shown_delivery(id: DeliveryId) -> String {
    CONTRACT.webhooks.delivery.show(id.0)
}

/// Whether a text has the form of an id: the prefix and 26 characters, as the document says. It may be too large for
/// one.
pub fn has_form(text: &str, prefix: &str) -> bool {
    let is_crockford =
        |byte: u8| byte.is_ascii_digit() || byte.is_ascii_uppercase() && !b"ILOU".contains(&byte);
    text.strip_prefix(prefix).is_some_and(|ulid| ulid.len() == 26 && ulid.bytes().all(is_crockford))
}

/// The webhook subscription with this id; `None` if the text is not one.
pub fn subscription(text: &str) -> Option<EndpointId> {
    ids::parse(text, WEBHOOK_PREFIX).ok().map(EndpointId)
}

/// Declares ids that are in paths, with their prefixes and names.
macro_rules! path_ids {
    ($($id:ident: $prefix:expr, $name:literal;)*) => {
        $(impl PathId<Messaging> for $id {
            fn schema() -> MetaSchemaRef {
                schema($prefix, $name)
            }

            fn read(text: &str, parameter: &str) -> Result<Self> {
                if !has_form(text, $prefix) {
                    return Err(Error::invalid(Fault::at(parameter, concat!("must be ", $name))).into());
                }
                // One that is too large for an id names nothing.
                Ok(Self(ids::parse(text, $prefix).unwrap_or_default()))
            }
        })*
    };
}

path_ids!(
    MessagingCustomerId: Self::PREFIX, "a customer ID";
    SetupLinkId: Self::PREFIX, "a setup link ID";
    EndpointId: WEBHOOK_PREFIX, "a webhook subscription ID";
    WebhookSecretId: Self::PREFIX, "a webhook secret ID";
    DeliveryId: DELIVERY_PREFIX, "a webhook delivery ID";
);

fn schema(prefix: &str, name: &str) -> MetaSchemaRef {
    MetaSchemaRef::Inline(Box::new(MetaSchema {
        pattern: Some(format!("^{prefix}{ULID}")),
        title: Some(name.into()),
        ..MetaSchema::new("string")
    }))
}
