//! The operations, one file per resource. Handlers only translate.

mod accounts;
mod customers;
mod health;
mod setup_links;

pub use accounts::Accounts;
pub use customers::Customers;
pub use health::HealthCheck as Health;
pub use setup_links::SetupLinks;

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
}
