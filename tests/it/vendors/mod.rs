//! Vendors' programs, against a running platform.

mod explain;
mod generated;
mod handbook;
mod vendor_kit;

use crate::{
    app::{Answer, Caller},
    cli::run,
    receivers::Sandbox,
};
use anyhow::{Context, Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::Path;

/// A platform with a vendor who has a provisioner, and credentials for simulations.
struct Vendor {
    sandbox: Sandbox,
    client_id: String,
    client_secret: String,
    caller: Caller,
    token: String,
}

impl Vendor {
    async fn new() -> Result<Self> {
        let sandbox = Sandbox::up().await?;
        let folder = sandbox.folder.path();
        let of = ["--organization", "fiber"];
        let key = ["key", "new", "--contract", "vendor", "--name", "to try", "--sandbox", "--quiet"];
        let key = done(folder, &[&key[..], &of].concat()).await?;
        let (client_id, client_secret) = key.trim().split_once(':').with_context(|| key.clone())?;
        done(folder, &[&["provisioner", "create", "--name", "Broadband"][..], &of].concat()).await?;
        let (client_id, client_secret) = (client_id.to_owned(), client_secret.to_owned());
        let caller = sandbox.caller.at("vendor");
        let wanted = json!({
            "grant_type": "client_credentials", "audience": "api://provisioning",
            "client_id": client_id, "client_secret": client_secret,
        });
        let answer = caller.post("/v1/token", &wanted).await?;
        let token = answer.json()["access_token"].as_str().with_context(|| answer.text.clone())?.to_owned();
        Ok(Self { sandbox, client_id, client_secret, caller, token })
    }

    /// Where the platform is, without any contract.
    fn address(&self) -> String {
        format!("http://{}", self.sandbox.caller.address())
    }
}

impl Vendor {
    async fn get(&self, path: &str) -> Result<Answer> {
        let request = self.caller.request(Method::GET, &format!("/v2{path}"));
        self.caller.send(request.bearer_auth(&self.token)).await
    }

    async fn make(&self, path: &str, body: &Value) -> Result<Value> {
        let request = self.caller.request(Method::POST, &format!("/v2{path}"));
        let answer = self.caller.send(request.bearer_auth(&self.token).json(body)).await?;
        ensure!(answer.status == 200, "{path}: {answer:?}");
        Ok(answer.json())
    }

    /// Registers a webhook; its secret, which comes in this header.
    async fn webhook(&self, url: &str, header: &str) -> Result<String> {
        let provisioners = self.get("/provisioners").await?.json();
        let id = provisioners["content"][0]["id"].as_str().context("a provisioner")?;
        let new = json!({ "url": url, "sharedSecret": { "header": header } });
        let made = self.make(&format!("/provisioners/{id}/webhooks"), &new).await?;
        Ok(made["sharedSecret"]["credential"].as_str().context("a credential")?.to_owned())
    }

    /// Simulates an order of so many.
    async fn simulate(&self, quantity: u32) -> Result<Value> {
        let order = json!({ "provisionRequest": { "quantity": quantity } });
        self.make("/provision-simulations/order-events", &order).await
    }
}

/// What a command prints that succeeds.
async fn done(folder: &Path, args: &[&str]) -> Result<String> {
    let (code, log) = run(folder, args).await?;
    ensure!(code == 0, "{args:?}: {code}: {log}");
    Ok(log)
}
