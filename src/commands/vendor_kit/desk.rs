//! The vendor contract, as a vendor's program calls it.

use crate::client;
use anyhow::Context;
use reqwest::{RequestBuilder, Url};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use uuid::Uuid;

/// How long a request may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// So long before its end a token is not used any more.
const MARGIN: Duration = Duration::from_secs(30);

/// A token is used no longer than this, however long it is said to be good.
const LONGEST: Duration = Duration::from_hours(24);

/// A client of the contract.
pub(super) struct Desk {
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

impl Desk {
    /// Fetches a first token, so that wrong credentials are reported immediately. `base` is where the contract is
    /// mounted: `http://127.0.0.1:3010/vendor`.
    pub(super) async fn open(base: &str, id: String, secret: String) -> anyhow::Result<Self> {
        let url = Url::parse(base).with_context(|| format!("`{base}` is not a URL"))?;
        let (http, base) = (client::http(&url)?, url.as_str().trim_end_matches('/').to_owned());
        let none = Token { text: String::new(), until: Instant::now() };
        let desk = Self { http, base, id, secret, token: Mutex::new(none) };
        desk.token().await.context("cannot get a token")?;
        Ok(desk)
    }

    /// Posts a result for a request; what the platform keeps of it.
    pub(super) async fn post(&self, request: Uuid, result: &Value) -> anyhow::Result<Value> {
        let url = format!("{}/v2/provision-requests/{request}/results", self.base);
        // However often it is sent, it is one result.
        let once = Uuid::now_v7().to_string();
        let attempt = async || {
            let request = self.http.post(&url).bearer_auth(self.token().await?);
            let answer = sent(request.header("Idempotency-Key", &once).json(result)).await;
            if answer.is_err() {
                // It may be the token that is not good any more.
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
        let good = Duration::from_secs(expires_in).min(LONGEST).saturating_sub(MARGIN);
        Ok(Token { text, until: Instant::now() + good })
    }
}

/// Sends a request, and reads what is answered.
async fn sent<T: for<'de> Deserialize<'de>>(request: RequestBuilder) -> anyhow::Result<T> {
    Ok(client::answer(request.timeout(TIMEOUT)).await?.json().await?)
}
