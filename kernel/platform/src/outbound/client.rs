//! The HTTP client of all outgoing calls.

use super::{Answer, Failure, HeaderMap, Limits, Rules, Slot, Url, answer, resolver::Filter, slots::Slots};
use crate::{config, db};
use bytes::Bytes;
use entities::ids::OrganizationId;
use reqwest::{ClientBuilder, Method, Request, redirect, retry};
use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio::time::{Instant, timeout};

/// Timeout of connecting: the look-up, TCP and TLS.
const CONNECT: Duration = Duration::from_secs(5);
/// How long to wait for the body after the status. It is only logged.
const BODY: Duration = Duration::from_secs(2);
/// How long an idle connection is kept. Many receivers close theirs after 60 s or more, and a request on a closed one
/// would fail.
const IDLE: Duration = Duration::from_secs(20);
/// Maximum number of idle connections per host: more than usual concurrency except for many endpoints on one host, and
/// few enough for the limit of open files: an eighth of the maximum number of calls.
const IDLE_PER_HOST: usize = 128;

/// Calls allowed URLs with connection reuse. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    rules: Arc<Rules>,
    slots: Slots,
    /// Timeout of connecting.
    patience: Duration,
    plain: OnceLock<reqwest::Client>,
    secure: OnceLock<reqwest::Client>,
}

impl Client {
    /// Opens no connection yet. The first https call loads the system's certificates (also `SSL_CERT_FILE`); without
    /// any, https calls fail.
    pub fn new(settings: &config::Outbound) -> Self {
        Self::with_patience(settings, CONNECT)
    }

    pub(super) fn with_patience(settings: &config::Outbound, patience: Duration) -> Self {
        let (rules, slots) = (Arc::new(Rules::new(settings)), Slots::new(settings));
        let (plain, secure) = (OnceLock::new(), OnceLock::new());
        Self(Arc::new(Inner { rules, slots, patience, plain, secure }))
    }

    /// What this client may call.
    pub fn rules(&self) -> &Rules {
        &self.0.rules
    }

    /// Waits for a slot for a call of the organization, up to a timeout, which is a failure of this process.
    pub async fn slot(&self, organization: OrganizationId, patience: Duration) -> Result<Slot, Failure> {
        let slot = timeout(patience, self.0.slots.take(organization)).await;
        slot.ok().flatten().ok_or_else(|| Failure::Shortage("too many calls are under way".into()))
    }

    /// Sends a body once and returns the response of any status. A body that is incomplete or does not end within two
    /// seconds or [`Limits::total`] is truncated.
    ///
    /// The body that is sent is shared with the caller's, not copied.
    ///
    /// # Panics
    /// In debug builds, if the current task has an open transaction.
    pub async fn post(
        &self,
        slot: Slot,
        url: &Url,
        headers: HeaderMap,
        body: Bytes,
        limits: Limits,
    ) -> Result<Answer, Failure> {
        db::assert_none_open("a receiver");
        // The resolver is not called for IP addresses.
        self.rules().check(url).map_err(Failure::Refused)?;
        let made = self.exchange(url, headers, body, limits).await;
        drop(slot);
        made
    }

    pub(super) async fn exchange(
        &self,
        url: &Url,
        headers: HeaderMap,
        body: Bytes,
        limits: Limits,
    ) -> Result<Answer, Failure> {
        let start = Instant::now();
        let client = self.0.client(url).map_err(|error| Failure::of_our_own(&error))?;
        let mut request = Request::new(Method::POST, url.clone());
        *request.headers_mut() = headers;
        *request.body_mut() = Some(body.into());
        match timeout(limits.total, client.execute(request)).await {
            Ok(Ok(response)) => {
                let left = limits.total.saturating_sub(start.elapsed());
                let answer = answer::read(response, limits.keep, left.min(BODY)).await;
                Ok(Answer { took: start.elapsed(), ..answer })
            }
            Ok(Err(error)) => Err(Failure::of(&error, self.0.patience)),
            Err(_) => Err(Failure::Timeout(limits.total)),
        }
    }
}

impl Inner {
    /// The client for the URL's scheme, created on first use: a process without calls does not hold the certificates,
    /// and one without any can still start. Concurrent first calls may create several; one is kept.
    fn client(&self, url: &Url) -> reqwest::Result<&reqwest::Client> {
        let secure = url.scheme() == "https";
        let place = if secure { &self.secure } else { &self.plain };
        if let Some(client) = place.get() {
            return Ok(client);
        }
        let builder = if secure { self.builder() } else { self.builder().tls_certs_only([]) };
        let client = builder.build()?;
        Ok(place.get_or_init(|| client))
    }

    fn builder(&self) -> ClientBuilder {
        reqwest::Client::builder()
            .user_agent(concat!("Switchyard/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Filter(self.rules.clone()))
            .no_proxy()
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .http1_only()
            .tcp_nodelay(true)
            .connect_timeout(self.patience)
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(IDLE_PER_HOST.min(self.slots.most().div_ceil(8)))
    }
}
