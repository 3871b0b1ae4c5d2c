//! Who is calling: API keys, and the principal that a key stands for.

mod authenticator;
pub mod keys;

pub use authenticator::Authenticator;

use crate::events::Actor;
use entities::ids::{ApiKeyId, OrganizationId};

/// An authenticated caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Principal {
    /// The tenant it speaks for.
    pub organization: OrganizationId,
    /// The key it came with.
    pub key: ApiKeyId,
}

impl Principal {
    /// The actor of a change made by this caller's request.
    pub fn actor(&self, request_id: Option<String>) -> Actor {
        Actor { organization: self.organization, name: self.key.to_string(), request_id }
    }
}
