//! A receiver of webhooks on this machine, and its registration: for developers (`listen`), and for the demo.

use crate::client::{self, ApiError, Client};
use anyhow::{Context, anyhow};
use bytes::Bytes;
use chrono::Utc;
use poem::{Request, Server, endpoint::make, listener::TcpAcceptor};
use reqwest::{Method, StatusCode, header::HeaderMap};
use serde_json::{Value, json};
use std::{io, net::Ipv4Addr, sync::Arc, time::Duration};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use webhooks::wire::{Secret, Unverified, verify};

/// Maximum size of a body, larger than any event.
const MAX_BODY: usize = 16 << 20;

/// How long open responses may take at the end.
const DRAIN: Duration = Duration::from_secs(5);

/// Help for a platform that is not allowed to call this machine.
const NOT_ALLOWED: &str = "the platform is not allowed to call this machine. Start it with `switchyard up --sandbox`, or with \
    SWITCHYARD_OUTBOUND_ALLOW_HTTP=true and SWITCHYARD_OUTBOUND_ALLOWED_NETWORKS=127.0.0.0/8 in its environment";

/// A received delivery.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Its headers.
    pub headers: HeaderMap,
    /// Its raw body.
    pub body: Bytes,
    /// Whether its signature is valid.
    pub verified: Result<(), Unverified>,
}

impl Delivery {
    /// A header as text; a dash if it is missing or not text.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("-")
    }
}

/// See the module. It listens immediately: requests before `run` wait.
pub struct Receiver {
    listener: TcpListener,
    /// Generated here, so that it is known before the first delivery.
    secret: Secret,
}

impl Receiver {
    /// Binds a free port.
    pub async fn bind() -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("cannot listen")?;
        Ok(Self { listener, secret: Secret::generate()? })
    }

    /// Its URL.
    pub fn url(&self) -> io::Result<String> {
        Ok(format!("http://{}/", self.listener.local_addr()?))
    }

    /// Registers a webhook for events of these types.
    pub async fn register(&self, client: &Client, events: &[&str], about: &str) -> anyhow::Result<Webhook> {
        let body = json!({
            "url": self.url()?, "events": events, "secret": self.secret.reveal(), "description": about,
        });
        let answer = client::answer(client.short(Method::POST, "/api/v1/webhooks").json(&body)).await;
        let answer: Value = answer.map_err(what_to_do)?.json().await?;
        let id = answer["data"]["id"].as_str().context("unexpected response: not a webhook")?;
        Ok(Webhook { id: id.to_owned() })
    }

    /// Passes each delivery to `answer`, and responds with the returned status, until `stop`.
    pub async fn run<F>(
        self,
        answer: impl Fn(Delivery) -> F + Send + Sync + 'static,
        stop: CancellationToken,
    ) -> io::Result<()>
    where
        F: Future<Output = StatusCode> + Send,
    {
        let Self { listener, secret } = self;
        let (secret, answer) = (Arc::new(secret), Arc::new(answer));
        let endpoint = make(move |request: Request| {
            let (secret, answer) = (secret.clone(), answer.clone());
            async move {
                match read(request, &secret).await {
                    Some(delivery) => answer(delivery).await,
                    None => StatusCode::PAYLOAD_TOO_LARGE,
                }
            }
        });
        let server = Server::new_with_acceptor(TcpAcceptor::from_tokio(listener)?);
        server.run_with_graceful_shutdown(endpoint, stop.cancelled_owned(), Some(DRAIN)).await
    }
}

/// `None` if the body is too large or incomplete.
async fn read(request: Request, secret: &Secret) -> Option<Delivery> {
    let (parts, body) = request.into_parts();
    let body = body.into_bytes_limit(MAX_BODY).await.ok()?;
    let verified = verify(secret, &parts.headers, &body, Utc::now());
    Some(Delivery { headers: parts.headers, body, verified })
}

fn what_to_do(error: anyhow::Error) -> anyhow::Error {
    match error.downcast_ref::<ApiError>() {
        Some(api_error) if api_error.is_about("url") => anyhow!("{NOT_ALLOWED}\n{error:#}"),
        _ => error,
    }
}

/// A registered webhook.
pub struct Webhook {
    /// `wh_…`
    pub id: String,
}

impl Webhook {
    /// Deletes it, unless it is already deleted.
    pub async fn remove(&self, client: &Client) -> anyhow::Result<()> {
        let path = format!("/api/v1/webhooks/{}", self.id);
        let Err(error) = client::answer(client.short(Method::DELETE, &path)).await else { return Ok(()) };
        if error.downcast_ref::<ApiError>().is_some_and(|api_error| api_error.status == StatusCode::NOT_FOUND)
        {
            return Ok(());
        }
        let url = client.url(&path);
        Err(error.context(format!("{} is left; delete it: curl -X DELETE {url} -H 'X-API-Key: …'", self.id)))
    }
}
