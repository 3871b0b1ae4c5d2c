//! Forwards deliveries.

use super::line::Outcome;
use crate::{client, receiver::Delivery};
use anyhow::Context;
use reqwest::{
    Url,
    header::{CONNECTION, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, TE, TRANSFER_ENCODING, UPGRADE},
};
use std::time::{Duration, Instant};

/// Shorter than the platform's timeout (`webhooks.timeout`), so that it still gets the result.
const TIMEOUT: Duration = Duration::from_secs(14);

/// Hop-by-hop headers, which are not forwarded.
const HOP_BY_HOP: [HeaderName; 6] = [HOST, CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING, TE, UPGRADE];

/// A target to forward to.
pub(super) struct Forward {
    /// The URL of the developer's receiver.
    pub url: Url,
    http: reqwest::Client,
}

impl Forward {
    pub(super) fn new(url: Url) -> anyhow::Result<Self> {
        let http = client::http(&url).context("cannot pass deliveries on")?;
        Ok(Self { url, http })
    }

    /// Forwards a delivery unchanged.
    pub(super) async fn send(&self, delivery: &Delivery) -> Outcome {
        let (begun, body) = (Instant::now(), delivery.body.clone());
        let request = self.http.post(self.url.clone()).headers(headers(delivery)).body(body);
        match request.timeout(TIMEOUT).send().await {
            Ok(answer) => Outcome::Forwarded(answer.status(), begun.elapsed()),
            Err(error) => Outcome::Away(format!("{:#}", anyhow::Error::from(error.without_url()))),
        }
    }
}

fn headers(delivery: &Delivery) -> HeaderMap {
    let mut headers = delivery.headers.clone();
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
    headers
}
