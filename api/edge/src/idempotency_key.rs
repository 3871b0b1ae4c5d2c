//! The `Idempotency-Key` of a request (draft-ietf-httpapi-idempotency-key-header-07).

use super::Result;
use kernel::{
    auth::Principal,
    idempotency::{Fingerprint, LONGEST_KEY, Open, Scope},
    limits::Guard,
};
use platform::{Error, error::Fault};
use poem::{Request, http::HeaderName};
use sha2::{Digest, Sha256};
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// The request header.
pub const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// A key claimed for a request until its response.
pub struct ClaimedKey {
    /// Of the request.
    pub fingerprint: Fingerprint,
    /// Set during and after a call to another system.
    pub open: Option<Open>,
    /// No other request of the process has the key.
    pub guard: Guard<Scope>,
}

/// How a contract handles repeated requests.
#[derive(Debug, Clone, Copy, Default)]
pub struct IdempotencyPolicy {
    /// How long a request waits for the first one with its key, before it is rejected.
    pub waits: Duration,
    /// Whether the response to a first request is marked as such.
    pub marks_first: bool,
}

/// The key of a request, and its state.
pub struct Idempotency {
    /// How long it waits for the first request with the key.
    pub waits: Duration,
    /// The key's scope: caller, method and path.
    pub scope: Scope,
    /// The request's hash so far, without the body.
    pub hash: Sha256,
    claimed: Mutex<Option<ClaimedKey>>,
}

impl Idempotency {
    /// The key of a request that may change something; `None` without the header. `Invalid` for an invalid key, or a
    /// missing one that the contract requires.
    pub fn of(request: &Request, contract: &str, caller: &Principal, wanted: bool) -> Result<Option<Self>> {
        let mut given = request.headers().get_all(KEY).iter();
        let key = match (given.next(), given.next()) {
            (Some(key), None) => key.to_str().ok().filter(|key| (1..=LONGEST_KEY).contains(&key.len())),
            (None, _) if wanted => return Err(fault("is required").into()),
            (None, _) => return Ok(None),
            _ => None,
        };
        let key = key.ok_or_else(|| fault("must be 1 to 255 visible characters, given once"))?;
        let (method, path) = (request.method(), request.uri().path());
        // Only the last part can contain a line feed.
        let scope = format!("{contract}\n{}\n{method}\n{path}\n{key}", caller.identity());
        let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
        let hash = Sha256::new_with_prefix(format!("{contract}\n{method}\n{target}\n"));
        let scope = Sha256::digest(scope).into();
        Ok(Some(Self { waits: Duration::ZERO, scope, hash, claimed: Mutex::default() }))
    }

    /// With the time that the request waits for the first one with the key.
    pub fn waiting(self, waits: Duration) -> Self {
        Self { waits, ..self }
    }

    /// The claimed key, no longer in the request.
    pub fn take(&self) -> Option<ClaimedKey> {
        self.claimed.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Stores the claimed key.
    pub fn put(&self, held: ClaimedKey) {
        *self.claimed.lock().unwrap_or_else(PoisonError::into_inner) = Some(held);
    }
}

fn fault(message: &str) -> Error {
    Error::invalid(Fault::at("Idempotency-Key", message))
}
