//! Cached signing keys: reloaded every few seconds, and when a token names an unknown one.

use super::{ALGORITHM, CONTEXT, grace, make_first};
use crate::{Kernel, auth::cache::Cache};
use chrono::{DateTime, Utc};
use entities::{ids::SigningKeyId, signing_key};
use jsonwebtoken::{DecodingKey, EncodingKey};
use platform::error::{Error, Result};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// The minimum age before an unknown key name causes a reload: made-up names cost one statement in that time.
const PAUSE: Duration = Duration::from_secs(1);

/// A published public key (RFC 7517, RFC 8037).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Its name.
    pub id: SigningKeyId,
    /// The public key, base64url without padding.
    pub x: String,
    /// Its algorithm.
    pub algorithm: &'static str,
}

/// The key that signs.
pub struct Signing {
    /// Its name.
    pub id: SigningKeyId,
    /// The private key.
    pub key: EncodingKey,
}

/// See the module.
pub struct Keyring {
    kernel: Kernel,
    known: Cache<(), Arc<Keys>>,
}

struct Keys {
    read: Instant,
    rows: Vec<signing_key::Model>,
}

impl Keys {
    /// Keys whose tokens may still be valid.
    fn good(&self, kernel: &Kernel) -> impl Iterator<Item = &signing_key::Model> {
        let since = kernel.clock.now() - grace(&kernel.settings);
        self.rows.iter().filter(move |key| is_good(key, since))
    }
}

fn is_good(key: &signing_key::Model, since: DateTime<Utc>) -> bool {
    key.retired_at.is_none_or(|at| at > since)
}

impl Keyring {
    pub fn new(kernel: Kernel, trusted_for: Duration) -> Self {
        Self { kernel, known: Cache::new(trusted_for) }
    }

    /// The active key, created if there is none.
    pub async fn active(&self) -> Result<Signing> {
        let keys = self.with_active().await?;
        let active = keys.rows.iter().find(|key| key.retired_at.is_none());
        let active = active.ok_or_else(|| Error::internal("the new signing key is missing"))?;
        let private = self.kernel.vault.open(CONTEXT, &active.private_key)?;
        Ok(Signing { id: active.id, key: EncodingKey::from_ed_der(&private) })
    }

    /// The verifier for tokens of that key.
    pub async fn verifying(&self, id: SigningKeyId) -> Result<Option<DecodingKey>> {
        let keys = self.keys().await?;
        if let Some(key) = self.find(&keys, id) {
            return key.map(Some);
        }
        // Another process may have just created it.
        tokio::time::sleep(PAUSE.saturating_sub(keys.read.elapsed())).await;
        self.known.forget_older(&(), PAUSE);
        self.find(&*self.keys().await?, id).transpose()
    }

    /// The public keys with valid tokens, newest first.
    pub async fn published(&self) -> Result<Vec<Published>> {
        let keys = self.with_active().await?;
        let shown = |key: &signing_key::Model| Published {
            id: key.id,
            x: key.public_key.clone(),
            algorithm: ALGORITHM,
        };
        Ok(keys.good(&self.kernel).map(shown).collect())
    }

    fn find(&self, keys: &Keys, id: SigningKeyId) -> Option<Result<DecodingKey>> {
        let found = keys.good(&self.kernel).find(|key| key.id == id)?;
        Some(DecodingKey::from_ed_components(&found.public_key).map_err(Error::internal))
    }

    async fn with_active(&self) -> Result<Arc<Keys>> {
        let keys = self.keys().await?;
        if keys.rows.iter().any(|key| key.retired_at.is_none()) {
            return Ok(keys);
        }
        make_first(&self.kernel).await?;
        self.known.forget_older(&(), Duration::ZERO);
        self.keys().await
    }

    async fn keys(&self) -> Result<Arc<Keys>> {
        let kernel = self.kernel.clone();
        self.known.get((), move || read(kernel)).await
    }
}

async fn read(kernel: Kernel) -> Result<Arc<Keys>> {
    let (read, since) = (Instant::now(), kernel.clock.now() - grace(&kernel.settings));
    let rows = signing_key::Entity::retired_after(since).all(kernel.db.reader()).await?;
    Ok(Arc::new(Keys { read, rows }))
}
