//! The messaging contract.

mod accounts;
mod customers;
mod idempotency;
mod setup_links;
mod webhooks;

use crate::app::{Answer, Caller, Pairing, TestApp};
use anyhow::{Context, Result};
use kernel::auth::keys::NewKey;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

/// A platform's program with a key.
pub struct Client {
    caller: Caller,
    key: String,
}

impl Client {
    /// With a new key of the organization.
    pub async fn new(app: &TestApp, caller: &Caller, organization: &str, sandbox: bool) -> Result<Self> {
        let new = NewKey { sandbox, ..NewKey::plain(organization, "messaging", "test") };
        let key = app.key_with(new).await?.secret;
        Ok(Self { caller: caller.at("messaging"), key })
    }

    /// A request below `/messaging/v1`.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.caller.request(method, &format!("/v1{path}")).bearer_auth(&self.key)
    }

    /// Sends it.
    pub async fn send(&self, request: RequestBuilder) -> Result<Answer> {
        self.caller.send(request).await
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Result<Answer> {
        self.send(self.request(Method::GET, path)).await
    }

    /// POST of JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// PATCH with JSON.
    pub async fn patch(&self, path: &str, body: &Value) -> Result<Answer> {
        self.send(self.request(Method::PATCH, path).json(body)).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Result<Answer> {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// Creates a customer, and returns its id.
    pub async fn customer(&self, name: &str) -> Result<String> {
        let body = self.post("/customers", &json!({ "name": name })).await?.json();
        Ok(body["data"]["id"].as_str().with_context(|| body.to_string())?.to_owned())
    }
}

/// The front end with a worker, and a client of the organization `acme`.
pub async fn serving(pairing: Pairing) -> Result<(TestApp, Caller, Client)> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let client = Client::new(&app, &caller, "acme", false).await?;
    Ok((app, caller, client))
}

/// Checks status, code and the envelope of an error; returns `param`.
pub fn refused(answer: &Answer, status: u16, code: &str) -> Value {
    let mut error = answer.json()["error"].take();
    assert_eq!((answer.status, error["code"].as_str()), (status, Some(code)), "{answer:?}");
    assert_eq!(error["request_id"], answer.header("x-request-id"), "{answer:?}");
    error["param"].take()
}
