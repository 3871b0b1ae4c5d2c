//! The operations, one file per resource. Handlers only translate.

mod accounts;
mod customers;
mod health;
mod setup_links;
mod webhook_deliveries;
mod webhook_secrets;
mod webhook_subscriptions;

pub use accounts::Accounts;
pub use customers::Customers;
pub use health::HealthCheck as Health;
pub use setup_links::SetupLinks;
pub use webhook_deliveries::WebhookDeliveries;
pub use webhook_secrets::WebhookSecrets;
pub use webhook_subscriptions::WebhookSubscriptions;

use super::schema;
use poem_openapi::Tags;

/// Where every path of the contract begins.
pub const PREFIX: &str = "/v1";

/// The groups of operations; their descriptions are with the contract.
#[derive(Tags)]
enum Tag {
    Meta,
    Customers,
    Accounts,
    #[oai(rename = "Webhook Subscriptions")]
    WebhookSubscriptions,
    #[oai(rename = "Webhook Deliveries")]
    WebhookDeliveries,
}
