//! Who is calling: API keys and access tokens, and the principal that one stands for.

mod authenticator;
mod cache;
pub mod keys;
pub mod signing_keys;
mod tokens;

pub use authenticator::Authenticator;
pub use tokens::{AccessToken, NoToken, Refused, TokenRequest};

use crate::events::Actor;
use entities::ids::{ApiKeyId, OrganizationId};

/// What a request came with.
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

/// A kind of credential. A security scheme admits principals of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialKind {
    /// An API key, sent with each request.
    Key,
    /// An access token, which a client got for its id and secret.
    Token,
}

/// An authenticated caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The tenant it speaks for.
    pub organization: OrganizationId,
    /// The credential it came with; of a token, the client's.
    pub key: ApiKeyId,
    /// What kind of credential it was authenticated by.
    pub kind: CredentialKind,
    /// What it may do: scopes such as `customers:read`; `*` is all of its contract.
    pub scopes: Vec<String>,
    /// The plan that limits it, by name; empty: the contract's first.
    pub plan: String,
    /// Whether what it begins only plays.
    pub sandbox: bool,
}

impl Principal {
    /// Whether it may do what needs this scope.
    pub fn may(&self, scope: &str) -> bool {
        self.scopes.iter().any(|held| held == "*" || held == scope)
    }

    /// Who it is to others that come later: the credential and its side. It stays the same from one access token of
    /// a client to the next.
    pub fn identity(&self) -> String {
        format!("{} {}", self.key, if self.sandbox { "sandbox" } else { "live" })
    }

    /// The actor of a change made by this caller; what the request says of itself is the edge's to add.
    pub fn actor(&self) -> Actor {
        Actor { name: self.key.to_string(), sandbox: self.sandbox, ..Actor::system(self.organization) }
    }
}
