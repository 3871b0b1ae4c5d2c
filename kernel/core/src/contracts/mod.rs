//! The contracts: what the platform knows about each.
//!
//! A contract is a file here and a line in [`ALL`]. Keys, scopes and events are found by its name. Its delivery format
//! is in the crate `webhooks`, its HTTP side in `api`; tests check both against this list.

pub mod licensing;
pub mod messaging;
pub mod operator;
pub mod partner;
pub mod vendor;

#[cfg(test)]
mod tests;

use entities::{
    event::Domain,
    ids::{self, DeliveryId, EndpointId},
};
use uuid::Uuid;

/// What the platform knows about a contract.
#[derive(Debug)]
pub struct ContractInfo {
    /// The name: of its keys, endpoints, rate plans and host, and in the log.
    pub name: &'static str,
    /// Its path on hosts that are not its own: `/` and the name.
    pub mount: &'static str,
    /// Whether it is served, and so accepts credentials.
    pub is_served: bool,
    /// The format of its secrets and tokens.
    pub keys: KeyFormat,
    /// The scopes of its operations.
    pub scopes: Scopes,
    /// The domains whose events its webhooks receive, besides the platform's own.
    pub domain: Domain,
    /// How its webhooks are named.
    pub webhooks: WebhookNames,
}

/// How the users of a contract name their webhooks.
#[derive(Debug)]
pub struct WebhookNames {
    /// The form of the ids of webhooks.
    pub endpoint: IdForm,
    /// The form of the ids of delivery attempts.
    pub delivery: IdForm,
    /// The request that resumes a disabled webhook, with `{id}` for its id; `None` if the contract has none.
    pub resume: Option<&'static str>,
}

/// How a contract shows an id.
#[derive(Debug, Clone, Copy)]
pub enum IdForm {
    /// This prefix, and 26 characters.
    Prefixed(&'static str),
    /// A UUID.
    Uuid,
}

impl IdForm {
    /// The id as shown by the contract.
    pub fn show(self, key: Uuid) -> String {
        match self {
            Self::Prefixed(prefix) => ids::prefixed(prefix, key),
            Self::Uuid => key.to_string(),
        }
    }
}

impl WebhookNames {
    /// Our own prefixes; for contracts that specify none.
    pub const fn usual(resume: Option<&'static str>) -> Self {
        let (endpoint, delivery) =
            (IdForm::Prefixed(EndpointId::PREFIX), IdForm::Prefixed(DeliveryId::PREFIX));
        Self { endpoint, delivery, resume }
    }

    /// The request that resumes this webhook, if the contract has one.
    pub fn resume(&self, id: EndpointId) -> Option<String> {
        Some(self.resume?.replace("{id}", &self.endpoint.show(id.0)))
    }
}

/// The prefixes of a contract's secrets, and the audience of its tokens.
#[derive(Debug)]
pub struct KeyFormat {
    /// The prefix of live secrets.
    pub live: &'static str,
    /// The prefix of sandbox secrets.
    pub sandbox: &'static str,
    /// The `aud` of its access tokens; `None` if keys are sent with requests.
    pub audience: Option<&'static str>,
}

/// The scopes of a contract. A credential with `*` has all scopes of its environment.
#[derive(Debug)]
pub struct Scopes {
    /// The scopes of live credentials.
    pub live: &'static [&'static str],
    /// The scopes of sandbox credentials; the same as live ones, unless the contract has separate ones.
    pub sandbox: &'static [&'static str],
}

/// All contracts.
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
    /// Whether its credentials are exchanged for access tokens, rather than sent with requests.
    pub const fn has_tokens(&self) -> bool {
        self.keys.audience.is_some()
    }

    /// The domains whose events its endpoints receive.
    pub const fn domains(&self) -> [Domain; 2] {
        [Domain::All, self.domain]
    }
}

impl KeyFormat {
    /// The prefix of a secret.
    pub const fn prefix(&self, sandbox: bool) -> &'static str {
        if sandbox { self.sandbox } else { self.live }
    }

    /// The prefixes of all secrets of the contract.
    pub const fn prefixes(&self) -> [&'static str; 2] {
        [self.live, self.sandbox]
    }
}

impl Scopes {
    /// No scopes: for a contract that is not served yet.
    pub const NONE: Self = Self::shared(&[]);

    /// The same scopes for live and sandbox credentials.
    pub const fn shared(scopes: &'static [&'static str]) -> Self {
        Self { live: scopes, sandbox: scopes }
    }

    /// The scopes available to a credential.
    pub const fn of(&self, sandbox: bool) -> &'static [&'static str] {
        if sandbox { self.sandbox } else { self.live }
    }
}
