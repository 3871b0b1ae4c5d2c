//! The contracts: what the platform has to know of each, in one place.
//!
//! A contract is a file here and a line in [`ALL`]. Keys, scopes and events are found by its name. What its deliveries
//! look like is with the webhooks, its HTTP side in the crate `api`; tests hold both to this list.

pub mod licensing;
pub mod messaging;
pub mod operator;
pub mod partner;
pub mod vendor;

#[cfg(test)]
mod tests;

use entities::event::Domain;

/// What the platform has to know of a contract.
#[derive(Debug)]
pub struct ContractInfo {
    /// The name: of its keys, endpoints, plans and host, and its place in the log.
    pub name: &'static str,
    /// Where it is served on hosts that are not its own: `/` and the name.
    pub mount: &'static str,
    /// Whether it is served, and so takes credentials.
    pub is_served: bool,
    /// How its secrets and tokens look.
    pub keys: KeyFormat,
    /// The scopes of its operations.
    pub scopes: Scopes,
    /// Whose objects its webhooks receive events about, besides the platform's own.
    pub domain: Domain,
}

/// How the secrets of a contract begin, and for whom its tokens are.
#[derive(Debug)]
pub struct KeyFormat {
    /// The beginning of live secrets.
    pub live: &'static str,
    /// The beginning of sandbox secrets.
    pub sandbox: &'static str,
    /// The `aud` of its access tokens; `None` if keys are sent with requests.
    pub audience: Option<&'static str>,
}

/// The scopes of a contract. A credential with `*` has all those of its side.
#[derive(Debug)]
pub struct Scopes {
    /// What a live credential can have.
    pub live: &'static [&'static str],
    /// What a sandbox credential can have; the same unless the contract has scopes for its sandbox alone.
    pub sandbox: &'static [&'static str],
}

/// All contracts: a line each.
pub static ALL: [&ContractInfo; 5] =
    [&partner::CONTRACT, &operator::CONTRACT, &vendor::CONTRACT, &licensing::CONTRACT, &messaging::CONTRACT];

/// A contract by name.
pub fn find(name: &str) -> Option<&'static ContractInfo> {
    ALL.into_iter().find(|contract| contract.name == name)
}

/// The contracts that are served.
pub fn served() -> impl Iterator<Item = &'static ContractInfo> {
    ALL.into_iter().filter(|contract| contract.is_served)
}

impl ContractInfo {
    /// Whether its credentials are exchanged for access tokens, instead of being sent with requests.
    pub const fn has_tokens(&self) -> bool {
        self.keys.audience.is_some()
    }

    /// The domains whose events its endpoints receive.
    pub const fn domains(&self) -> [Domain; 2] {
        [Domain::All, self.domain]
    }
}

impl KeyFormat {
    /// How a secret begins.
    pub const fn prefix(&self, sandbox: bool) -> &'static str {
        if sandbox { self.sandbox } else { self.live }
    }

    /// The beginnings of all secrets of the contract.
    pub const fn prefixes(&self) -> [&'static str; 2] {
        [self.live, self.sandbox]
    }
}

impl Scopes {
    /// No scopes: of a contract that is not served yet.
    pub const NONE: Self = Self::shared(&[]);

    /// The same scopes for live and sandbox credentials.
    pub const fn shared(scopes: &'static [&'static str]) -> Self {
        Self { live: scopes, sandbox: scopes }
    }

    /// The scopes that a credential can have.
    pub const fn of(&self, sandbox: bool) -> &'static [&'static str] {
        if sandbox { self.sandbox } else { self.live }
    }
}
