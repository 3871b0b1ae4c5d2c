//! A real vendor: notified by webhook, calling with a token, reporting results over HTTP.

use crate::{
    app::{Arrival, Caller, PATIENCE, Receiver},
    provisioning::{Ground, Vendor},
};
use anyhow::{Context, Result, ensure};
use harness::until;
use kernel::auth::keys::{self, NewKey};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// See the module.
#[derive(Clone)]
pub struct Outside {
    receiver: Receiver,
    caller: Caller,
    client: (String, String),
    /// The header that proves who notifies, and what it has to say.
    secret: (String, String),
    answered: Arc<Mutex<Vec<String>>>,
}

impl Outside {
    /// The vendor registers the webhook.
    pub async fn of(ground: &Ground, vendor: &Vendor) -> Result<Self> {
        let made = keys::create(&ground.kernel, NewKey::plain("cables", "vendor", "test")).await?;
        let mut outside = Self {
            receiver: Receiver::start().await?,
            caller: ground.caller.at("vendor"),
            client: (made.record.id.to_string(), made.secret),
            secret: (String::new(), String::new()),
            answered: Arc::default(),
        };
        let path = format!("/v2/provisioners/{}/webhooks", vendor.provisioner.0);
        let hook = outside.posted(&path, &json!({ "url": outside.receiver.url() })).await?;
        let text = |name: &str| hook["sharedSecret"][name].as_str().map(str::to_owned).context("a secret");
        outside.secret = (text("header")?, text("credential")?);
        Ok(outside)
    }

    async fn token(&self) -> Result<String> {
        let (id, secret) = &self.client;
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("audience", "api://provisioning")
            .append_pair("client_id", id)
            .append_pair("client_secret", secret)
            .finish();
        let request = self.caller.request(Method::POST, "/v1/token").body(form);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = self.caller.send(request).await?;
        ensure!(answer.status == 200, "{answer:?}");
        Ok(answer.json()["access_token"].as_str().context("a token")?.to_owned())
    }

    async fn posted(&self, path: &str, body: &Value) -> Result<Value> {
        let request = self.caller.request(Method::POST, path).bearer_auth(self.token().await?).json(body);
        let answer = self.caller.send(request).await?;
        ensure!(answer.status == 200, "{path}: {answer:?}");
        Ok(answer.json())
    }

    /// The notification of an order of that type that was not answered yet, once it has come.
    pub async fn notified(&self, kind: &str) -> Result<Value> {
        let found = |arrivals: Vec<Arrival>| {
            let answered = self.answered.lock().unwrap();
            let mut bodies = arrivals.iter().map(Arrival::json);
            bodies.find(|body| {
                let id = body["provisionRequest"]["id"].as_str().unwrap_or_default();
                body["provisionRequest"]["type"] == kind && !answered.iter().any(|it| it == id)
            })
        };
        let what = format!("the vendor is told of a {kind}");
        let body = until(&what, PATIENCE, async || Ok(found(self.receiver.arrivals()))).await?;
        let (header, credential) = &self.secret;
        for arrival in self.receiver.arrivals() {
            assert_eq!(arrival.header(header), credential, "{arrival:?}");
        }
        Ok(body)
    }

    /// Says that an order is fulfilled.
    pub async fn answers(&self, notification: &Value) -> Result<()> {
        let id = notification["provisionRequest"]["id"].as_str().context("an id")?;
        let result = json!({
            "status": "Success",
            "provisionAttemptId": notification["provisionAttempt"]["id"],
            "externalProvisionerSubscriptionId": "cable-1",
        });
        self.posted(&format!("/v2/provision-requests/{id}/results"), &result).await?;
        self.answered.lock().unwrap().push(id.to_owned());
        Ok(())
    }

    /// Fulfils an order of that type.
    pub async fn does(&self, kind: &str) -> Result<()> {
        let notification = self.notified(kind).await?;
        self.answers(&notification).await
    }
}
