//! From a presented key to a principal, without SQL while it is warm.

use super::{Credential, Principal, keys};
use crate::{
    Db,
    error::{Error, Result},
};
use entities::api_key;
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

/// Entries at most; strangers who try keys cannot fill the memory.
const CAPACITY: usize = 10_000;

#[derive(Clone)]
enum Verdict {
    Opens(Arc<Principal>),
    OpensNothing,
}

/// Looks keys up, and trusts what it found (or did not find) for a short time. The look-up is by hash,
/// so the time it takes says nothing about the key.
pub struct Authenticator {
    db: Db,
    trusted_for: Duration,
    known: RwLock<HashMap<String, (Instant, Verdict)>>,
}

impl Authenticator {
    /// `trusted_for` bounds how long a revoked key goes on working.
    pub fn new(db: Db, trusted_for: Duration) -> Self {
        Self { db, trusted_for, known: RwLock::default() }
    }

    /// The principal of the credential. `Unauthorized` when it opens nothing at this contract, `Forbidden`
    /// when it may not be used from this address.
    pub async fn authenticate(
        &self,
        contract: &str,
        credential: Credential<'_>,
        _from: IpAddr,
    ) -> Result<Arc<Principal>> {
        let Credential::Key(secret) = credential else {
            return Err(Error::Unauthorized("Invalid access token"));
        };
        let hash = keys::hash(secret);
        let verdict = match self.remembered(&hash) {
            Some(verdict) => verdict,
            None => self.look_up(contract, hash).await?,
        };
        match verdict {
            Verdict::Opens(principal) => Ok(principal),
            Verdict::OpensNothing => Err(Error::Unauthorized("Invalid API key")),
        }
    }

    fn remembered(&self, hash: &str) -> Option<Verdict> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let (since, verdict) = known.get(hash)?;
        (since.elapsed() < self.trusted_for).then(|| verdict.clone())
    }

    async fn look_up(&self, contract: &str, hash: String) -> Result<Verdict> {
        let asked = Instant::now();
        let found = api_key::Entity::live(contract, &hash).one(self.db.reader()).await?;
        let verdict = found.map_or(Verdict::OpensNothing, |key| {
            Verdict::Opens(Arc::new(Principal {
                organization: key.organization_id,
                key: key.id,
                scopes: key.scopes.0,
                plan: key.plan,
                sandbox: key.sandbox,
            }))
        });
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= CAPACITY {
            known.clear();
        }
        known.insert(hash, (asked, verdict.clone()));
        Ok(verdict)
    }
}
