//! The API under test, and a caller.

use super::{Pairing, TestApp};
use anyhow::{Context, Result};
use entities::api_key;
use kernel::auth::keys::{self, MadeKey, NewKey};
use reqwest::{Method, StatusCode, header::HeaderMap};
use serde_json::Value;
use tokio::net::TcpListener;

/// A response, read completely.
#[derive(Debug)]
pub struct Answer {
    /// The status code as a number.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as text.
    pub text: String,
}

impl Answer {
    /// The body as JSON; null if it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// The value of a header; empty if it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Checks the status and the partner contract's error envelope; returns `details`.
    pub fn refused(&self, status: StatusCode, error: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        let mut body = self.json();
        assert_eq!((&body["success"], &body["error"]), (&Value::Bool(false), &Value::from(error)), "{body}");
        assert!(body["message"].as_str().is_some_and(|text| !text.is_empty()), "{body}");
        body["details"].take()
    }
}

/// A caller of the partner contract, with or without a key.
#[derive(Clone)]
pub struct Caller {
    client: reqwest::Client,
    base: String,
    key: Option<String>,
}

impl Caller {
    /// The address that the API listens on.
    pub fn address(&self) -> &str {
        self.base.trim_start_matches("http://").trim_end_matches("/partner")
    }

    /// The key.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// A caller with a key; `base` is the URL where the contract is mounted: `http://127.0.0.1:3010/partner`.
    pub fn new(base: &str, key: &str) -> Result<Self> {
        // Without a pool, which would return broken connections after the process is killed.
        let client = reqwest::Client::builder().pool_max_idle_per_host(0).build()?;
        Ok(Self::with_client(client, base, key))
    }

    /// Like [`Caller::new`], over this client's connections.
    pub fn with_client(client: reqwest::Client, base: &str, key: &str) -> Self {
        Self { client, base: base.to_owned(), key: Some(key.to_owned()) }
    }

    /// Builds a request to a path below `/partner`.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        match &self.key {
            Some(key) => request.header("x-api-key", key),
            None => request,
        }
    }

    /// Sends a request and reads the response.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Result<Answer> {
        let answer = request.send().await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Ok(Answer { status, headers, text: answer.text().await? })
    }

    /// Sends GET.
    pub async fn get(&self, path: &str) -> Result<Answer> {
        self.send(self.request(Method::GET, path)).await
    }

    /// Sends POST with JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// Sends POST with any text.
    pub async fn post_text(&self, path: &str, kind: &str, body: impl Into<reqwest::Body>) -> Result<Answer> {
        self.send(self.request(Method::POST, path).header("content-type", kind).body(body)).await
    }

    /// Sends PATCH with JSON.
    pub async fn patch(&self, path: &str, body: &Value) -> Result<Answer> {
        self.send(self.request(Method::PATCH, path).json(body)).await
    }

    /// Sends DELETE.
    pub async fn delete(&self, path: &str) -> Result<Answer> {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// This caller with another key, or none.
    pub fn with_key(&self, key: Option<&str>) -> Self {
        Self { key: key.map(str::to_owned), ..self.clone() }
    }

    /// A caller of another contract at the same address, without a key.
    pub fn at(&self, contract: &str) -> Self {
        let base = self.base.replace("/partner", &format!("/{contract}"));
        Self { base, key: None, ..self.clone() }
    }

    /// Polls until the import has ended, and returns it.
    pub async fn import_ended(&self, id: &str) -> Result<Value> {
        loop {
            let poll = self.request(Method::GET, &format!("/api/v1/bulk/jobs/{id}"));
            let answer = self.send(poll.header("prefer", "wait=20")).await?;
            anyhow::ensure!(answer.status == 200, "{answer:?}");
            let mut body = answer.json();
            if !body["data"]["completedAt"].is_null() {
                return Ok(body["data"].take());
            }
        }
    }
}

impl TestApp {
    /// A platform with an API, one worker, and a caller of the organization `acme`.
    pub async fn serving(pairing: Pairing) -> Result<(Self, Caller)> {
        let mut app = Self::working(pairing).await?;
        let caller = app.serve().await?;
        Ok((app, caller))
    }

    /// Starts the API; returns a caller of the organization `acme`.
    pub async fn serve(&mut self) -> Result<Caller> {
        let base = format!("{}/partner", self.listen().await?);
        let key = self.key("acme").await?;
        Ok(Caller { client: reqwest::Client::new(), base, key: Some(key) })
    }

    /// Starts the API; returns its address, which all contracts are mounted below.
    pub async fn listen(&mut self) -> Result<String> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let origin = format!("http://{}", listener.local_addr()?);
        let stop = tokio_util::sync::CancellationToken::new();
        let serve = api::serve(self.kernel.clone(), listener, stop.clone());
        self.workers.push((
            stop,
            tokio::spawn(async move {
                // A test that needs the API notices if it has ended.
                let _ = serve.await;
            }),
        ));
        Ok(origin)
    }

    /// Creates a key of the organization for the partner contract.
    pub async fn key(&self, organization: &str) -> Result<String> {
        Ok(self.key_of("partner", organization).await?.1)
    }

    /// Creates a key of the organization for a contract; returns its row and its text.
    pub async fn key_of(&self, contract: &str, organization: &str) -> Result<(api_key::Model, String)> {
        let made = self.key_with(NewKey::plain(organization, contract, "test")).await?;
        Ok((made.record, made.secret))
    }

    /// Creates a key configured by the test.
    pub async fn key_with(&self, new: NewKey) -> Result<MadeKey> {
        keys::create(&self.kernel, new).await.context("a key")
    }
}
