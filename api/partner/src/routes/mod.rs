//! The operations, one file per resource. Handlers only translate.

mod addresses;
mod bulk;
mod bulk_errors;
mod bulk_file;
mod customers;
mod events;
mod health;
mod invoices;
mod network;
mod provisioning;
mod serviceability;
mod subscription_changes;
mod subscriptions;
mod ticket_belongings;
mod tickets;
mod usage;
mod webhook_deliveries;
mod webhook_samples;
mod webhooks;

pub use addresses::Addresses;
pub use bulk::Bulk;
pub use bulk_file::BulkFile;
pub use customers::Customers;
pub use events::Events;
pub use health::HealthCheck as Health;
pub use invoices::Invoices;
pub use network::Network;
pub use provisioning::Provisioning;
pub use serviceability::Serviceability;
pub use subscription_changes::SubscriptionChanges;
pub use subscriptions::Subscriptions;
pub use ticket_belongings::TicketBelongings;
pub use tickets::Tickets;
pub use usage::Usage;
pub use webhook_deliveries::WebhookDeliveries;
pub use webhooks::Webhooks;

use super::{MOUNT, schema};
use edge::Located;
use poem_openapi::Tags;
use std::fmt::Display;

/// Where every path of the contract begins.
const PREFIX: &str = "/api/v1";

/// A created object of a collection.
fn located<T>(collection: &str, id: impl Display, object: T) -> Located<T> {
    Located { object, location: format!("{MOUNT}{PREFIX}/{collection}/{id}") }
}

/// The groups of operations; their descriptions are with the contract.
#[derive(Tags)]
enum Tag {
    Health,
    Customers,
    Subscriptions,
    Tickets,
    Provisioning,
    #[oai(rename = "Bulk Operations")]
    Bulk,
    Webhooks,
    Events,
    #[oai(rename = "IP Management")]
    Addresses,
    Network,
    Serviceability,
    Billing,
}
