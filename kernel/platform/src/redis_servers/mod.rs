//! The configured Redis servers, and how to connect to them.

mod connection;
mod link;

pub use connection::Connection;

use crate::{
    config,
    error::{Dependency, Error, Result},
    redis_url::{ALLOWED, Address},
    tls,
};
use futures::{FutureExt, future::BoxFuture};
use link::Link;
use redis::{
    AsyncConnectionConfig, Client, ClientTlsConfig, ConnectionInfo, RedisError, RedisResult, TlsCertificates,
    TlsMode,
    cluster::ClusterClient,
    sentinel::{SentinelClientBuilder, SentinelServerType},
};
use std::{
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

/// The timeout of connecting, including TLS and login.
const CONNECT: Duration = Duration::from_secs(1);

/// Number of, and delays between, retries of a cluster's commands while slots migrate or a replica takes over; all
/// retries together are limited by `redis.response_timeout`.
const TRIES: u32 = 4;
const APART: (u64, u64) = (10, 250);

/// The address and credentials of Redis.
pub struct Servers {
    address: Address,
    settings: config::Redis,
    /// The cluster node to ask next.
    turn: AtomicUsize,
}

impl Servers {
    /// Connects on first use. Fails if the settings contradict each other, or a file is invalid.
    pub fn open(settings: &config::Redis) -> Result<Self> {
        let invalid = |what| Error::Internal(what);
        let address =
            Address::parse(&settings.url).ok_or_else(|| invalid(format!("redis.url: expected {ALLOWED}")))?;
        let servers = Self { address, settings: settings.clone(), turn: AtomicUsize::new(0) };
        let certificates = servers.certificates().map_err(invalid)?;
        match &servers.address {
            address if certificates.is_some() && !address.is_tls() => Err(invalid(
                "redis.tls_ca and redis.tls_certificate need a redis.url of rediss://".to_owned(),
            )),
            Address::Sentinel { .. } => Ok(servers),
            _ if !settings.sentinel_password.is_empty() => {
                Err(invalid("redis.sentinel_password needs a redis.url of sentinels".to_owned()))
            }
            _ => Ok(servers),
        }
    }

    /// The configured TLS files, if any. They are read for each connection, so that renewed ones need no restart.
    fn certificates(&self) -> Result<Option<TlsCertificates>, String> {
        let config::Redis { tls_ca, tls_certificate, tls_key, .. } = &self.settings;
        let is_named = |file: &Path| !file.as_os_str().is_empty();
        let root_cert = is_named(tls_ca).then(|| tls::certificates("redis.tls_ca", tls_ca)).transpose()?;
        let client_tls = match (is_named(tls_certificate), is_named(tls_key)) {
            (true, true) => Some(ClientTlsConfig {
                client_cert: tls::certificates("redis.tls_certificate", tls_certificate)?,
                client_key: tls::key("redis.tls_key", tls_key)?,
            }),
            (false, false) => None,
            _ => return Err("redis.tls_certificate and redis.tls_key need each other".into()),
        };
        let is_any = root_cert.is_some() || client_tls.is_some();
        Ok(is_any.then_some(TlsCertificates { client_tls, root_cert }))
    }

    /// Connects to one server: the only one, the current master, or a cluster node. Boxed, like [`Self::connect`]: a
    /// rare path must not make all futures large.
    pub fn server(&self) -> BoxFuture<'_, RedisResult<Client>> {
        self.find().boxed()
    }

    async fn find(&self) -> RedisResult<Client> {
        let certificates = self.certificates().map_err(unusable)?;
        match &self.address {
            Address::One(server) => client(server, certificates.as_ref()),
            Address::Cluster(nodes) => {
                let turn = self.turn.fetch_add(1, Ordering::Relaxed);
                client(&nodes[turn % nodes.len()], certificates.as_ref())
            }
            Address::Sentinel { sentinels, master, server } => {
                let master = SentinelClientBuilder::new(
                    sentinels.iter().cloned(),
                    master,
                    SentinelServerType::Master,
                )?;
                self.of_sentinels(master, server, certificates).build()?.async_get_client().await
            }
        }
    }

    /// The same certificates are used for sentinels and servers.
    fn of_sentinels(
        &self,
        mut master: SentinelClientBuilder,
        server: &ConnectionInfo,
        certificates: Option<TlsCertificates>,
    ) -> SentinelClientBuilder {
        let login = server.redis_settings();
        master = master.set_client_to_redis_db(login.db()).set_client_to_redis_protocol(login.protocol());
        if let Some(user) = login.username() {
            master = master.set_client_to_redis_username(user);
        }
        if let Some(password) = login.password() {
            master = master.set_client_to_redis_password(password);
        }
        if !self.settings.sentinel_password.is_empty() {
            master = master.set_client_to_sentinel_password(&self.settings.sentinel_password);
        }
        if self.address.is_tls() {
            master = master.set_client_to_redis_tls_mode(TlsMode::Secure);
        }
        if let Some(certificates) = certificates {
            master = master
                .set_client_to_redis_certificates(certificates.clone())
                .set_client_to_sentinel_certificates(certificates);
        }
        master
    }

    /// Connects for commands.
    pub fn connect(&self) -> BoxFuture<'_, RedisResult<Link>> {
        self.open_link().boxed()
    }

    async fn open_link(&self) -> RedisResult<Link> {
        let Address::Cluster(nodes) = &self.address else {
            let server = self.server().await?;
            return Ok(Link::One(server.get_multiplexed_async_connection_with_config(&self.config()).await?));
        };
        let mut cluster = ClusterClient::builder(nodes.iter().cloned())
            .connection_timeout(CONNECT)
            .response_timeout(self.settings.response_timeout)
            .retries(TRIES)
            .min_retry_wait(APART.0)
            .max_retry_wait(APART.1);
        if let Some(certificates) = self.certificates().map_err(unusable)? {
            cluster = cluster.certs(certificates);
        }
        Ok(Link::Cluster(cluster.build()?.get_async_connection().await?))
    }

    /// The connection options of a single server.
    pub fn config(&self) -> AsyncConnectionConfig {
        AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(self.settings.response_timeout))
    }

    /// The response timeout.
    pub const fn response_timeout(&self) -> Duration {
        self.settings.response_timeout
    }

    /// The addresses.
    pub const fn address(&self) -> &Address {
        &self.address
    }

    /// The connection error, with the address.
    pub fn refused(&self, error: &RedisError) -> Error {
        let cause = tls::explain(error, &tls::REDIS);
        Error::unavailable(Dependency::Redis, format!("{}: {cause}", self.address.place()))
    }
}

fn client(server: &ConnectionInfo, certificates: Option<&TlsCertificates>) -> RedisResult<Client> {
    match certificates {
        Some(certificates) => Client::build_with_tls(server.clone(), certificates.clone()),
        None => Client::open(server.clone()),
    }
}

/// Files that were valid at the start, and no longer are.
fn unusable(what: String) -> RedisError {
    RedisError::from((redis::ErrorKind::InvalidClientConfig, "TLS files cannot be used", what))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(change: impl FnOnce(&mut config::Redis)) -> String {
        let mut redis = config::Settings::default().redis;
        change(&mut redis);
        Servers::open(&redis).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn settings_that_contradict_each_other_are_named() {
        let refused_with = |url: &str, change: fn(&mut config::Redis)| {
            refused(|redis| {
                redis.url = url.to_owned();
                change(redis);
            })
        };
        assert_eq!(refused_with("redis+sentinel://a/m", |redis| redis.sentinel_password = "pw".into()), "");
        let sentinel = refused_with("redis://a", |redis| redis.sentinel_password = "pw".into());
        assert!(sentinel.contains("redis.sentinel_password") && !sentinel.contains("pw"), "{sentinel}");
        let half = refused_with("rediss://a", |redis| redis.tls_key = "key.pem".into());
        assert!(half.contains("redis.tls_certificate and redis.tls_key"), "{half}");
        let missing = refused_with("rediss://a", |redis| redis.tls_ca = "/nowhere/ca.pem".into());
        assert!(missing.contains("redis.tls_ca /nowhere/ca.pem: "), "{missing}");
    }
}
