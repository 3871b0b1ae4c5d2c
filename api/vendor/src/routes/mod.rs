//! The operations, one file per resource. Handlers only translate.

mod attempts;
mod details;
mod keys;
mod parameters;
mod provisioners;
mod requests;
mod results;
mod simulations;
mod token;
mod webhooks;

pub use attempts::Attempts;
pub use details::Details;
pub use keys::Keys;
pub use provisioners::Provisioners;
pub use requests::Requests;
pub use results::Results;
pub use simulations::Simulations;
pub use token::{NO_STORE, TOKEN_OPERATION, Tokens, is_token};
pub use webhooks::Webhooks;

use super::schema;
use poem_openapi::Tags;

/// What the paths of the reference begin with, below the mount.
pub const PREFIX: &str = "/v2";

/// The groups of operations; their descriptions are with the contract.
#[derive(Tags)]
enum Tag {
    Authentication,
    Provisioners,
    #[oai(rename = "Provision Requests")]
    ProvisionRequests,
    #[oai(rename = "Provision Details")]
    ProvisionDetails,
    #[oai(rename = "Provision Attempts")]
    ProvisionAttempts,
    #[oai(rename = "Provision Results")]
    ProvisionResults,
    #[oai(rename = "Provisioning Simulations")]
    ProvisioningSimulations,
}
