//! Passing deliveries on.

use super::line::Outcome;
use crate::{client, receiver::Delivery};
use anyhow::Context;
use reqwest::{
    Url,
    header::{CONNECTION, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, TE, TRANSFER_ENCODING, UPGRADE},
};
use std::time::{Duration, Instant};

/// Less than what the platform waits for (`webhooks.timeout`), so that it still hears of it.
const TIMEOUT: Duration = Duration::from_secs(14);

/// Headers of one connection; the next one has its own.
const OF_THE_CONNECTION: [HeaderName; 6] = [HOST, CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING, TE, UPGRADE];

/// Where deliveries are passed on to.
pub(super) struct Forward {
    /// The developer's own receiver.
    pub url: Url,
    http: reqwest::Client,
}

impl Forward {
    pub(super) fn new(url: Url) -> anyhow::Result<Self> {
        let http = client::http(&url).context("cannot pass deliveries on")?;
        Ok(Self { url, http })
    }

    /// Sends a delivery as it came.
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
    for name in OF_THE_CONNECTION {
        headers.remove(name);
    }
    headers
}
