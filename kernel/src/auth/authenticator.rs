//! From a presented key to a principal, without SQL while it is warm.

use super::{Principal, keys};
use crate::{
    Db,
    error::{Error, Result},
};
use entities::api_key;
use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
    time::{Duration, Instant},
};

/// Entries at most; strangers who try keys cannot fill the memory.
const CAPACITY: usize = 10_000;

#[derive(Clone, Copy)]
enum Verdict {
    Opens(Principal),
    OpensNothing,
}

/// Looks keys up, and trusts what it found (or did not find) for a short time. The look-up is by hash,
/// so the time it takes says nothing about the key.
pub struct Authenticator {
    db: Db,
    contract: &'static str,
    trusted_for: Duration,
    known: RwLock<HashMap<String, (Instant, Verdict)>>,
}

impl Authenticator {
    /// For one contract; `trusted_for` bounds how long a revoked key goes on working.
    pub fn new(db: Db, contract: &'static str, trusted_for: Duration) -> Self {
        Self { db, contract, trusted_for, known: RwLock::default() }
    }

    /// The principal of the key. `Unauthorized` when the key opens nothing here.
    pub async fn authenticate(&self, secret: &str) -> Result<Principal> {
        let hash = keys::hash(secret);
        let verdict = match self.remembered(&hash) {
            Some(verdict) => verdict,
            None => self.look_up(hash).await?,
        };
        match verdict {
            Verdict::Opens(principal) => Ok(principal),
            Verdict::OpensNothing => Err(Error::Unauthorized("Invalid API key")),
        }
    }

    fn remembered(&self, hash: &str) -> Option<Verdict> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let (since, verdict) = known.get(hash)?;
        (since.elapsed() < self.trusted_for).then_some(*verdict)
    }

    async fn look_up(&self, hash: String) -> Result<Verdict> {
        let asked = Instant::now();
        let found = api_key::Entity::live(self.contract, &hash).one(self.db.reader()).await?;
        let verdict = found.map_or(Verdict::OpensNothing, |key| {
            Verdict::Opens(Principal { organization: key.organization_id, key: key.id })
        });
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= CAPACITY {
            known.clear();
        }
        known.insert(hash, (asked, verdict));
        Ok(verdict)
    }
}
