//! The operations, a file a resource. Handlers only translate.

mod keys;
mod parameters;
mod token;

pub use keys::Keys;
pub use token::{NO_STORE, TOKEN_OPERATION, TOKEN_URL, Tokens, is_token};

use super::{NAME, schema};
use poem_openapi::Tags;

/// The groups of operations; their descriptions are with the contract.
#[derive(Tags)]
enum Tag {
    Authentication,
}
