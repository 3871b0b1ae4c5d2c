//! Credentials: keys, clients and their tokens, and the keys that sign them.

mod grants;
mod keys;
mod last_use;
mod rotation;
mod tokens;

use crate::app::{Caller, TestApp};
use anyhow::Result;
use kernel::{
    Kernel,
    auth::{Authenticator, Credential, NoToken, Principal, TokenRequest, keys::NewKey},
};
use serde_json::Value;
use std::{net::IpAddr, sync::Arc};
use tokio_util::sync::CancellationToken;

const AUDIENCE: &str = "api://provisioning";

/// A client of the vendor contract.
struct Client {
    id: String,
    secret: String,
}

impl Client {
    async fn new(app: &TestApp) -> Result<Self> {
        Self::with(app, NewKey::plain("acme", "vendor", "test")).await
    }

    async fn with(app: &TestApp, new: NewKey) -> Result<Self> {
        let made = app.key_with(new).await?;
        Ok(Self { id: made.record.id.to_string(), secret: made.secret })
    }

    /// What a request for a token has.
    fn form(&self) -> Vec<(&str, &str)> {
        vec![
            ("grant_type", "client_credentials"),
            ("audience", AUDIENCE),
            ("client_id", &self.id),
            ("client_secret", &self.secret),
        ]
    }

    /// A token by way of HTTP.
    async fn token(&self, caller: &Caller) -> Result<String> {
        let vendor = caller.at("vendor");
        let answer = vendor.send(form(vendor.request(reqwest::Method::POST, TOKEN), &self.form())).await?;
        assert_eq!(answer.status, 200, "{}", answer.text);
        Ok(answer.json()["access_token"].as_str().unwrap().to_owned())
    }

    /// A token of this process.
    async fn granted(&self, process: &Authenticator) -> Result<String, NoToken> {
        let Self { id, secret } = self;
        let request = TokenRequest { client_id: id, client_secret: secret, audience: AUDIENCE, scope: "" };
        Ok(process.grant("vendor", &request, HERE).await?.text)
    }
}

const TOKEN: &str = "/v1/token";
const KEY_SET: &str = "/.well-known/jwks.json";
const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

/// What another process would have.
fn authenticator(kernel: &Kernel) -> Authenticator {
    Authenticator::start(kernel.clone(), CancellationToken::new())
}

/// Whom a process takes the bearer of a token for.
async fn bearer(process: &Authenticator, token: &str) -> platform::Result<Arc<Principal>> {
    process.authenticate("vendor", Credential::Token(token), HERE).await
}

/// The names of the keys that are published.
async fn published(caller: &Caller) -> Result<Vec<String>> {
    let answer = caller.at("vendor").get(KEY_SET).await?;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let keys = answer.json();
    Ok(keys["keys"].as_array().unwrap().iter().map(|key| text(&key["kid"])).collect())
}

/// The request with a form as its body.
fn form(request: reqwest::RequestBuilder, pairs: &[(&str, &str)]) -> reqwest::RequestBuilder {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    request.header("content-type", "application/x-www-form-urlencoded").body(body)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
