//! Authentication: API keys and access tokens, and their principals.

mod authenticator;
mod cache;
pub mod keys;
pub mod signing_keys;
mod tokens;

pub use authenticator::Authenticator;
pub use tokens::{AccessToken, NoToken, Refused, TokenRequest};

use crate::events::Actor;
use entities::ids::{ApiKeyId, OrganizationId};

/// The credential of a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Credential<'a> {
    /// An API key.
    Key(&'a str),
    /// An access token.
    Token(&'a str),
}

impl Credential<'_> {
    /// Its kind.
    pub const fn kind(&self) -> CredentialKind {
        match self {
            Self::Key(_) => CredentialKind::Key,
            Self::Token(_) => CredentialKind::Token,
        }
    }
}

/// The kind of a credential. A security scheme accepts one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialKind {
    /// An API key, sent with each request.
    Key,
    /// An access token, issued for a client id and secret.
    Token,
}

/// An authenticated caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Its tenant.
    pub organization: OrganizationId,
    /// The id of its credential; for a token, that of the client.
    pub key: ApiKeyId,
    /// The kind of its credential.
    pub kind: CredentialKind,
    /// Its scopes, such as `customers:read`; `*` is all of its contract.
    pub scopes: Vec<String>,
    /// The name of its rate limit plan; empty: the contract's first.
    pub plan: String,
    /// Whether it is a sandbox credential.
    pub sandbox: bool,
}

impl Principal {
    /// Whether it has this scope.
    pub fn may(&self, scope: &str) -> bool {
        self.scopes.iter().any(|held| held == "*" || held == scope)
    }

    /// Its stable identity: the credential and whether it is a sandbox one. It does not change between access tokens of a client.
    pub fn identity(&self) -> String {
        format!("{} {}", self.key, if self.sandbox { "sandbox" } else { "live" })
    }

    /// The actor for this caller's changes; the edge adds the request's data.
    pub fn actor(&self) -> Actor {
        Actor { name: self.key.to_string(), sandbox: self.sandbox, ..Actor::system(self.organization) }
    }
}
