//! A client of the vendor contract.

use crate::client;
use anyhow::Context;
use reqwest::{RequestBuilder, Url};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use uuid::Uuid;

/// Timeout of a request.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A token is renewed this long before it expires.
const MARGIN: Duration = Duration::from_secs(30);

/// Maximum lifetime of a token, whatever the response says.
const MAX_DELAY: Duration = Duration::from_hours(24);

/// A client of the contract.
pub(super) struct Client {
    http: reqwest::Client,
    base: String,
    id: String,
    secret: String,
    token: Mutex<Token>,
}

struct Token {
    text: String,
    until: Instant,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: u64,
}

impl Client {
    /// Fetches a token, so that wrong credentials are reported immediately. `base` is the contract's base URL:
    /// `http://127.0.0.1:3010/vendor`.
    pub(super) async fn open(base: &str, id: String, secret: String) -> anyhow::Result<Self> {
        let url = Url::parse(base).with_context(|| format!("`{base}` is not a URL"))?;
        let (http, base) = (client::http(&url)?, url.as_str().trim_end_matches('/').to_owned());
        let none = Token { text: String::new(), until: Instant::now() };
        let client = Self { http, base, id, secret, token: Mutex::new(none) };
        client.token().await.context("cannot get a token")?;
        Ok(client)
    }

    /// Posts a result for a request; returns the stored result.
    pub(super) async fn post(&self, request: Uuid, result: &Value) -> anyhow::Result<Value> {
        let url = format!("{}/v2/provision-requests/{request}/results", self.base);
        // Retries create only one result.
        let once = Uuid::now_v7().to_string();
        let attempt = async || {
            let request = self.http.post(&url).bearer_auth(self.token().await?);
            let answer = sent(request.header("Idempotency-Key", &once).json(result)).await;
            if answer.is_err() {
                // The token may have expired.
                self.token.lock().await.until = Instant::now();
            }
            answer
        };
        client::persist(attempt, client::always).await
    }

    async fn token(&self) -> anyhow::Result<String> {
        let mut token = self.token.lock().await;
        if token.until <= Instant::now() {
            *token = client::persist(async || self.granted().await, client::always).await?;
        }
        Ok(token.text.clone())
    }

    async fn granted(&self) -> anyhow::Result<Token> {
        let request = self.http.post(format!("{}/v1/token", self.base)).json(&json!({
            "grant_type": "client_credentials", "audience": "api://provisioning",
            "client_id": self.id, "client_secret": self.secret,
        }));
        let Granted { access_token: text, expires_in } = sent(request).await?;
        let good = Duration::from_secs(expires_in).min(MAX_DELAY).saturating_sub(MARGIN);
        Ok(Token { text, until: Instant::now() + good })
    }
}

/// Sends a request and parses the response.
async fn sent<T: for<'de> Deserialize<'de>>(request: RequestBuilder) -> anyhow::Result<T> {
    Ok(client::answer(request.timeout(TIMEOUT)).await?.json().await?)
}
