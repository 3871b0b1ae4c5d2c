//! Authenticates credentials, without SQL while cached.

mod cached_key;
mod last_use;

use super::{
    AccessToken, Credential, CredentialKind, NoToken, Principal, Refused, TokenRequest,
    cache::Cache,
    keys::{self, Hash},
    signing_keys::{Keyring, Published},
    tokens,
};
use crate::{Kernel, contracts, limits::LookUps};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use cached_key::CachedKey;
use entities::{api_key, ids::ApiKeyId};
use last_use::LastUse;
use platform::{
    Db,
    error::{EXPIRED, Error, Result},
    hex::hex,
};
use std::{net::IpAddr, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// Interval of writing last uses.
const LAST_USE: Duration = Duration::from_secs(10);
/// Timeout of the last write at the end of the process.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(1);

/// The result of a look-up.
type Found = Option<Arc<CachedKey>>;

/// Looks up credentials, and caches the result (also a negative one) for `http.key_cache`, which limits how long a
/// revoked one keeps working.
pub struct Authenticator {
    kernel: Kernel,
    keys: Cache<(&'static str, Hash), Found>,
    clients: Cache<(&'static str, ApiKeyId), Found>,
    look_ups: LookUps,
    ring: Keyring,
    last_use: Arc<LastUse>,
}

impl Authenticator {
    /// Starts it, within a tokio runtime.
    pub fn start(kernel: Kernel, shutdown: CancellationToken) -> Self {
        Self::writing_every(LAST_USE, kernel, shutdown)
    }

    /// Starts it with another interval of writing last uses.
    pub fn writing_every(pause: Duration, kernel: Kernel, shutdown: CancellationToken) -> Self {
        let (trusted_for, last_use) = (kernel.settings.http.key_cache, Arc::new(LastUse::default()));
        let (uses, db) = (last_use.clone(), kernel.db.clone());
        tokio::spawn(async move { uses.keep_writing(&db, pause, shutdown).await });
        let ring = Keyring::new(kernel.clone(), trusted_for);
        let look_ups = LookUps::new(kernel.settings.limits.anonymous_minute);
        let (keys, clients) = (Cache::new(trusted_for), Cache::new(trusted_for));
        Self { kernel, keys, clients, look_ups, ring, last_use }
    }

    /// The principal of the credential. `Unauthorized` if it is invalid for this contract, `Forbidden` if it is not
    /// allowed from this address, `TooMany` if it is unknown and this address has tried too many invalid ones.
    pub async fn authenticate(
        &self,
        contract: &str,
        credential: Credential<'_>,
        from: IpAddr,
    ) -> Result<Arc<Principal>> {
        match credential {
            Credential::Key(secret) => {
                let found = self.with_secret(contract, secret, from).await?;
                let key = found.ok_or(Error::Unauthorized("Invalid API key"))?;
                self.admit(&key, from)?;
                Ok(key.principal.clone())
            }
            Credential::Token(token) => self.holder(contract, token, from).await,
        }
    }

    /// An access token for a client of the contract (RFC 6749, 4.4).
    pub async fn grant(
        &self,
        contract: &str,
        request: &TokenRequest<'_>,
        from: IpAddr,
    ) -> Result<AccessToken, NoToken> {
        let found = self.with_secret(contract, request.client_secret, from).await?;
        let named = |key: &Arc<CachedKey>| request.client_id.parse() == Ok(key.principal.key);
        let client = found.filter(named).ok_or(Refused::Client)?;
        self.admit(&client, from).map_err(|error| match error {
            Error::Forbidden(why) => Refused::Place(why),
            _ => Refused::Client,
        })?;
        tokens::check_audience(contract, request.audience)?;
        let scope = tokens::granted(contract, &client.principal, request.scope)?;
        let key = self.ring.active().await?;
        Ok(tokens::issue(&self.kernel, &key, &client.principal, request.audience, scope)?)
    }

    /// The public keys of valid tokens; one is created if there is none yet.
    pub async fn published(&self) -> Result<Vec<Published>> {
        self.ring.published().await
    }

    /// Writes the remaining last uses at the end of the process.
    pub async fn close(&self) {
        // Not worth waiting for an unavailable database.
        let _ = tokio::time::timeout(SHUTDOWN_GRACE, self.write_last_uses()).await;
    }

    /// Writes the last uses of keys in one statement, and returns the number of keys.
    pub async fn write_last_uses(&self) -> Result<usize> {
        self.last_use.write(&self.kernel.db).await
    }

    /// The principal of an access token: its client, with the token's scopes.
    async fn holder(&self, contract: &str, token: &str, from: IpAddr) -> Result<Arc<Principal>> {
        const INVALID: Error = Error::Unauthorized("Invalid access token");
        let contract = contracts::find(contract).ok_or(INVALID)?;
        let audience = contract.keys.audience.ok_or(INVALID)?;
        let kid = tokens::key_id(token).ok_or(INVALID)?;
        let key = self.ring.verifying(kid).await?.ok_or(INVALID)?;
        let claims = tokens::verify(&self.kernel, &key, token, audience).ok_or(INVALID)?;
        let client = claims.sub.parse().map_err(|_| INVALID)?;
        let client = self.client(contract.name, client).await?;
        let client = client.ok_or(Error::Unauthorized("The client of the access token is revoked"))?;
        self.admit(&client, from)?;
        let scopes = claims.scope.split_whitespace().map(str::to_owned).collect();
        Ok(Arc::new(Principal { kind: CredentialKind::Token, scopes, ..(*client.principal).clone() }))
    }

    /// Checks each use, cached or not, and records a successful one.
    fn admit(&self, key: &CachedKey, from: IpAddr) -> Result<()> {
        let now = self.kernel.clock.now();
        if key.is_over(now) {
            return Err(Error::Unauthorized(EXPIRED));
        }
        if !key.is_for(from) {
            return Err(Error::Forbidden("The credential may not be used from this address".into()));
        }
        self.last_use.note(key.principal.key, now, from);
        Ok(())
    }

    /// Looks up a key by its text, unless malformed. Repeating the look-up of a valid key does not count as a guess.
    async fn with_secret(&self, contract: &str, secret: &str, from: IpAddr) -> Result<Found> {
        let contract = contracts::find(contract);
        let Some(contract) = contract.filter(|contract| keys::could_be(&contract.keys, secret)) else {
            return Ok(None);
        };
        let key = (contract.name, keys::hash(secret));
        if let Some(found) = self.keys.fresh(&key) {
            return Ok(found);
        }
        if self.keys.last(&key).flatten().is_some() {
            return self.look_up(key).await;
        }
        let place = self.look_ups.begin(from).await?;
        let found = self.look_up(key).await?;
        if found.is_none() {
            self.look_ups.failed(place);
        }
        Ok(found)
    }

    async fn look_up(&self, (contract, hash): (&'static str, Hash)) -> Result<Found> {
        let db = self.kernel.db.clone();
        self.keys.get((contract, hash), move || by_hash(db, contract, hash)).await
    }

    async fn client(&self, contract: &'static str, id: ApiKeyId) -> Result<Found> {
        let db = self.kernel.db.clone();
        self.clients.get((contract, id), move || by_id(db, contract, id)).await
    }
}

async fn by_hash(db: Db, contract: &'static str, hash: Hash) -> Result<Found> {
    let hash = hex(&hash);
    let found = api_key::Entity::live(contract, &hash).one(db.reader()).await?;
    let same = |key: &api_key::Model| verify_slices_are_equal(key.hash.as_bytes(), hash.as_bytes()).is_ok();
    found.filter(same).map(cached_key).transpose()
}

async fn by_id(db: Db, contract: &'static str, id: ApiKeyId) -> Result<Found> {
    let found = api_key::Entity::live_client(contract, id).one(db.reader()).await?;
    found.map(cached_key).transpose()
}

fn cached_key(key: api_key::Model) -> Result<Arc<CachedKey>> {
    CachedKey::of(key).map(Arc::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::{Clock, config::Settings};

    #[tokio::test]
    async fn what_cannot_be_a_credential_is_refused_without_a_look_up() {
        let mut settings = Settings::default();
        settings.database.url = "sqlite::memory:".into();
        settings.limits.anonymous_minute = 1;
        let kernel = Kernel::open(settings, Clock::system(), &crate::enqueuer::Outbox).await.unwrap();
        let authenticator = Authenticator::start(kernel, CancellationToken::new());
        let ask = async |contract: &'static str, credential: Credential<'_>| {
            let asked = authenticator.authenticate(contract, credential, IpAddr::from([127, 0, 0, 1])).await;
            asked.unwrap_err()
        };
        let likely = format!("pk_live_{}", "0".repeat(64));
        let (elsewhere, longer) = (likely.replace("pk", "vs"), format!("{likely}0"));
        for text in ["", "pk_live_", "nonsense", &elsewhere, &longer] {
            assert!(matches!(ask("partner", Credential::Key(text)).await, Error::Unauthorized(_)), "{text}");
            assert!(matches!(ask("vendor", Credential::Token(text)).await, Error::Unauthorized(_)), "{text}");
        }
        let looked_up = ask("partner", Credential::Key(&likely)).await;
        assert!(matches!(looked_up, Error::Internal(_)), "there are no tables: {looked_up}");
        let look_ups = &authenticator.look_ups;
        look_ups.failed(look_ups.begin(IpAddr::from([127, 0, 0, 1])).await.unwrap());
        let closed = ask("partner", Credential::Key(&likely)).await;
        assert!(matches!(closed, Error::TooMany { .. }), "no more are looked up: {closed}");
        assert!(matches!(ask("partner", Credential::Key("nonsense")).await, Error::Unauthorized(_)));
    }
}
