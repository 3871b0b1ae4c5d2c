//! The receiver of the demo, which stores all deliveries.

use crate::{
    client::Client,
    receiver::{Delivery, Receiver, Webhook},
};
use anyhow::{Context, bail};
use reqwest::StatusCode;
use std::{collections::BTreeMap, time::Duration};
use tokio::{
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    time::timeout,
};
use tokio_util::sync::{CancellationToken, DropGuard};

/// Timeout for the next delivery.
const PATIENCE: Duration = Duration::from_secs(30);

/// Maximum number of characters of a body shown.
const MAX_SHOWN: usize = 300;

/// The received deliveries.
pub(super) struct Deliveries {
    /// The registration.
    pub webhook: Webhook,
    /// The receiver's URL.
    pub url: String,
    arriving: UnboundedReceiver<Delivery>,
    /// By event: a duplicate counts once.
    arrived: BTreeMap<String, Delivery>,
    _stop: DropGuard,
}

impl Deliveries {
    /// Registers a receiver for events of this type. It runs until dropped.
    pub(super) async fn expect(client: &Client, event: &str) -> anyhow::Result<Self> {
        let receiver = Receiver::bind().await?;
        let (webhook, url) = (receiver.register(client, &[event], "the demo").await?, receiver.url()?);
        let (arrived, arriving) = unbounded_channel();
        let stop = CancellationToken::new();
        let take = move |delivery: Delivery| {
            let status = if delivery.verified.is_ok() { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
            // The demo may have ended.
            let _ = arrived.send(delivery);
            async move { status }
        };
        tokio::spawn(receiver.run(take, stop.clone()));
        Ok(Self { webhook, url, arriving, arrived: BTreeMap::new(), _stop: stop.drop_guard() })
    }

    /// Waits for deliveries of this many events; fails at the first invalid signature.
    pub(super) async fn all(&mut self, count: usize) -> anyhow::Result<()> {
        while self.arrived.len() < count {
            let Ok(next) = timeout(PATIENCE, self.arriving.recv()).await else {
                bail!("{} deliveries arrived instead of {count}", self.arrived.len());
            };
            let delivery = next.context("the receiver has ended")?;
            let event = delivery.header("webhook-id").to_owned();
            if let Err(reason) = &delivery.verified {
                bail!("the delivery of {event} does not verify: {reason}");
            }
            self.arrived.insert(event, delivery);
        }
        Ok(())
    }

    /// The first one by number; its body is shortened.
    pub(super) fn first(&self) -> String {
        let first = self.arrived.values().find(|delivery| delivery.header("webhook-sequence") == "1");
        first.map(show).unwrap_or_default()
    }
}

fn show(delivery: &Delivery) -> String {
    let headers =
        delivery.headers.keys().map(|name| format!("  {name}: {}\n", delivery.header(name.as_str())));
    let body = String::from_utf8_lossy(&delivery.body);
    let short: String = body.chars().take(MAX_SHOWN).collect();
    let rest = if short.len() < body.len() { " …" } else { "" };
    format!("{}\n  {short}{rest}", headers.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderMap;
    use webhooks::wire::Unverified;

    /// Simulates deliveries of these events, after which the receiver ends.
    fn arriving(events: &[(&'static str, Result<(), Unverified>)]) -> Deliveries {
        let (arrived, arriving) = unbounded_channel();
        for (event, verified) in events {
            let headers = HeaderMap::from_iter([("webhook-id".parse().unwrap(), event.parse().unwrap())]);
            arrived.send(Delivery { headers, body: "{}".into(), verified: verified.clone() }).unwrap();
        }
        let webhook = Webhook { id: "wh_1".into() };
        let stop = CancellationToken::new().drop_guard();
        Deliveries { webhook, url: String::new(), arriving, arrived: BTreeMap::new(), _stop: stop }
    }

    #[tokio::test]
    async fn each_event_counts_once_and_every_signature_counts() {
        assert!(arriving(&[("evt_1", Ok(())), ("evt_1", Ok(())), ("evt_2", Ok(()))]).all(2).await.is_ok());
        assert!(arriving(&[("evt_1", Ok(())), ("evt_1", Ok(()))]).all(2).await.is_err());
        let forged = arriving(&[("evt_1", Err(Unverified::Signature))]).all(1).await.unwrap_err();
        assert_eq!(forged.to_string(), "the delivery of evt_1 does not verify: no signature fits");
    }
}
