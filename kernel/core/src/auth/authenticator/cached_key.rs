//! A cached key, with what is checked at each use.

use super::super::{CredentialKind, Principal};
use chrono::{DateTime, Utc};
use entities::api_key;
use ipnet::IpNet;
use platform::error::{Error, Result};
use std::{net::IpAddr, sync::Arc};

/// A key that is not revoked.
pub struct CachedKey {
    /// Its principal.
    pub principal: Arc<Principal>,
    networks: Vec<IpNet>,
    expires_at: Option<DateTime<Utc>>,
}

impl CachedKey {
    /// From its row. An invalid network is an error, because ignoring it would open the key to all.
    pub fn of(key: api_key::Model) -> Result<Self> {
        let networks = key.networks.0.iter().map(|text| text.parse());
        let networks = networks.collect::<Result<_, _>>().map_err(Error::internal)?;
        let principal = Arc::new(Principal {
            organization: key.organization_id,
            key: key.id,
            kind: CredentialKind::Key,
            scopes: key.scopes.0,
            plan: key.plan,
            sandbox: key.sandbox,
        });
        Ok(Self { principal, networks, expires_at: key.expires_at })
    }

    /// Whether it has expired.
    pub fn is_over(&self, now: DateTime<Utc>) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }

    /// Whether it is allowed from an address.
    pub fn is_for(&self, from: IpAddr) -> bool {
        self.networks.is_empty() || self.networks.iter().any(|network| network.contains(&from))
    }
}
