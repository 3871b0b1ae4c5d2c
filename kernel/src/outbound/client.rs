//! The client that all calls go through.

use super::{Answer, Failure, HeaderMap, Limits, Rules, Url, answer, resolver::Filter};
use crate::{Error, Result};
use bytes::Bytes;
use reqwest::{redirect, retry};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, timeout};

/// How long a connection may take: the look-up, TCP and TLS.
const CONNECT: Duration = Duration::from_secs(5);
/// How long an unused connection is kept. Many receivers close theirs after 60 s or more; a request that
/// meets such an end would fail.
const IDLE: Duration = Duration::from_secs(20);

/// Calls what the rules allow, over connections that are used again. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    rules: Arc<Rules>,
    /// How long a connection may take.
    patience: Duration,
}

impl Client {
    /// Trusts the certificates that the system trusts (also `SSL_CERT_FILE`); it is an error if there are none.
    pub fn new(rules: Rules) -> Result<Self> {
        Self::with_patience(rules, CONNECT)
    }

    pub(super) fn with_patience(rules: Rules, patience: Duration) -> Result<Self> {
        let rules = Arc::new(rules);
        let http = reqwest::Client::builder()
            .user_agent(concat!("Switchyard/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Filter(rules.clone()))
            .no_proxy()
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .http1_only()
            .connect_timeout(patience)
            .pool_idle_timeout(IDLE)
            .build();
        Ok(Self { http: http.map_err(Error::internal)?, rules, patience })
    }

    /// What this client may call.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Sends a body once and takes the answer, whatever its status. An answer whose body does not end, or does
    /// not reach [`Limits::keep`], in time is a failure: half an answer says nothing.
    pub async fn post(
        &self,
        url: &Url,
        headers: HeaderMap,
        body: Bytes,
        limits: Limits,
    ) -> Result<Answer, Failure> {
        // A host that is an address never comes to the resolver.
        self.rules.check(url).map_err(Failure::Refused)?;
        self.exchange(url, headers, body, limits).await
    }

    pub(super) async fn exchange(
        &self,
        url: &Url,
        headers: HeaderMap,
        body: Bytes,
        limits: Limits,
    ) -> Result<Answer, Failure> {
        let start = Instant::now();
        let exchange = async {
            let response = self.http.post(url.clone()).headers(headers).body(body).send().await?;
            answer::read(response, limits.keep).await
        };
        match timeout(limits.total, exchange).await {
            Ok(Ok(answer)) => Ok(Answer { took: start.elapsed(), ..answer }),
            Ok(Err(error)) => Err(Failure::of(&error, self.patience)),
            Err(_) => Err(Failure::Timeout(limits.total)),
        }
    }
}
