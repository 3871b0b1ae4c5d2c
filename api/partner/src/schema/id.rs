//! Ids in paths, and in properties that name another object.

use super::BulkId;
use crate::Partner;
use edge::{PathId, Result};
use entities::ids::{
    CustomerId, DeliveryId, EndpointId, InvoiceId, IpPoolId, OutageId, ProvisioningId, SubscriptionId,
    TicketId,
};
use platform::Error;
use poem_openapi::{registry::MetaSchemaRef, types::Type};

/// An id in a path.
pub type Path<T> = edge::Path<Partner, T>;

/// The object that a text names. A text that is no id names nothing.
pub fn id<T: PathId<Partner>>(text: &str) -> Result<T> {
    T::read(text, "")
}

/// Declares ids, with what their objects are called where there is none.
macro_rules! ids {
    ($($id:ty: $object:literal),*) => {
        $(impl PathId<Partner> for $id {
            fn schema() -> MetaSchemaRef {
                String::schema_ref()
            }

            fn read(text: &str, _: &str) -> Result<Self> {
                Ok(text.parse().map_err(|_| Error::NotFound($object))?)
            }
        })*
    };
}

ids!(
    BulkId: "Job",
    CustomerId: "Customer",
    DeliveryId: "Delivery",
    EndpointId: "Webhook",
    InvoiceId: "Invoice",
    IpPoolId: "Pool",
    OutageId: "Outage",
    ProvisioningId: "Provisioning request",
    SubscriptionId: "Subscription",
    TicketId: "Ticket"
);
