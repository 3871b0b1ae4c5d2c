//! The vendor contract.

mod bad;
mod commands;
mod decided;
mod given_up;
mod hooks;
mod kept_states;
mod listed;
mod replaced;
mod round_trips;
mod scopes;
mod simulated;

use crate::app::{Answer, Caller, PATIENCE, Pairing, Receiver, TestApp};
use anyhow::{Context, Result, ensure};
use entities::{
    RawJson,
    ids::{JobId, OrganizationId, ProvisioningId, SubscriptionId, VendorRequestId},
    organization, vendor_provisioner,
    vendor_request::{self, Body, RequestType},
};
use harness::until;
use isp::vendors::{self, NewOrder, provisioners};
use kernel::{UnitOfWork, auth::keys::NewKey, events::Actor};
use reqwest::{Method, RequestBuilder};
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use std::time::Duration;

/// The vendor of most tests.
const VENDOR: &str = "vendor";
/// Where simulated orders are made.
const SIMULATE: &str = "/provision-simulations/order-events";

/// A vendor's program on one of the two sides.
pub struct Desk {
    caller: Caller,
    token: String,
}

impl Desk {
    /// With a new client of the organization.
    pub async fn new(app: &TestApp, caller: &Caller, organization: &str, sandbox: bool) -> Result<Self> {
        let new = NewKey { sandbox, ..NewKey::plain(organization, "vendor", "test") };
        let made = app.key_with(new).await?;
        let caller = caller.at("vendor");
        let wanted = json!({
            "grant_type": "client_credentials", "audience": "api://provisioning",
            "client_id": made.record.id.to_string(), "client_secret": made.secret,
        });
        let answer = caller.post("/v1/token", &wanted).await?;
        let token = answer.json()["access_token"].as_str().context("a token")?.to_owned();
        Ok(Self { caller, token })
    }

    /// A request below `/vendor/v2`.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.caller.request(method, &format!("/v2{path}")).bearer_auth(&self.token)
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Result<Answer> {
        self.caller.send(self.request(Method::GET, path)).await
    }

    /// GET of what is there.
    pub async fn read(&self, path: &str) -> Result<Value> {
        let answer = self.get(path).await?;
        ensure!(answer.status == 200, "{path}: {answer:?}");
        Ok(answer.json())
    }

    /// POST of JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        self.caller.send(self.request(Method::POST, path).json(body)).await
    }

    /// POST of JSON that is taken.
    pub async fn make(&self, path: &str, body: &Value) -> Result<Value> {
        let answer = self.post(path, body).await?;
        ensure!(answer.status == 200, "{path}: {answer:?}");
        Ok(answer.json())
    }

    /// Registers a webhook of the provisioner.
    pub async fn hook(&self, provisioner: &vendor_provisioner::Model, receiver: &Receiver) -> Result<Value> {
        let new = json!({ "url": receiver.url(), "sharedSecret": { "header": "X-Vendor-Secret" } });
        self.make(&format!("/provisioners/{}/webhooks", provisioner.id.0), &new).await
    }

    /// What is at the path, once `is` holds of it.
    pub async fn when(&self, path: &str, is: impl Fn(&Value) -> bool) -> Result<Value> {
        until(path, PATIENCE, async || Ok(Some(self.read(path).await?).filter(&is))).await
    }
}

/// A vendor with a provisioner and its twin, and a program on each side.
pub struct Ground {
    pub app: TestApp,
    pub caller: Caller,
    pub live: Desk,
    pub play: Desk,
    pub provisioner: vendor_provisioner::Model,
    pub twin: vendor_provisioner::Model,
}

impl Ground {
    /// On a platform that may deliver to loopback.
    pub async fn new(pairing: Pairing) -> Result<Self> {
        Self::on(TestApp::delivering(pairing, |_| {}).await?).await
    }

    /// Like it, with a maximum number of webhooks.
    pub async fn limited(pairing: Pairing, webhooks: usize) -> Result<Self> {
        Self::on(TestApp::delivering(pairing, |settings| settings.webhooks.endpoints = webhooks).await?).await
    }

    /// Like it, with a retry after an hour.
    pub async fn patient(pairing: Pairing) -> Result<Self> {
        let hours = vec![Duration::ZERO, Duration::from_hours(1), Duration::from_hours(1)];
        Self::on(TestApp::delivering(pairing, |settings| settings.webhooks.schedule = hours).await?).await
    }

    /// Like it, without retries.
    pub async fn once(pairing: Pairing) -> Result<Self> {
        Self::on(TestApp::delivering(pairing, |settings| settings.webhooks.schedule.truncate(1)).await?).await
    }

    async fn on((app, caller): (TestApp, Caller)) -> Result<Self> {
        let live = Desk::new(&app, &caller, VENDOR, false).await?;
        let play = Desk::new(&app, &caller, VENDOR, true).await?;
        let [provisioner, twin] = provisioner(&app, VENDOR).await?;
        Ok(Self { app, caller, live, play, provisioner, twin })
    }

    /// Programs of the two sides with new tokens: old ones do not outlive the hours that a test lets pass.
    pub async fn again(&self) -> Result<[Desk; 2]> {
        let desk = |sandbox| Desk::new(&self.app, &self.caller, VENDOR, sandbox);
        Ok([desk(false).await?, desk(true).await?])
    }

    /// Orders from the vendor, as the organization `acme`.
    pub async fn order(&self, waiting: Option<JobId>) -> Result<vendor_request::Model> {
        let work = acting(&self.app, "acme").await?;
        let ordered = vendors::order(&work, new_order(&self.provisioner, waiting)).await?;
        work.commit().await?;
        Ok(ordered)
    }

    /// A request as it is kept.
    pub async fn kept(&self, id: VendorRequestId) -> Result<vendor_request::Model> {
        let found = vendor_request::Entity::find_by_id(id).one(self.app.kernel.db.reader()).await?;
        found.context("no such request")
    }
}

/// A provisioner of the organization, and its twin.
pub async fn provisioner(app: &TestApp, organization: &str) -> Result<[vendor_provisioner::Model; 2]> {
    let work = acting(app, organization).await?;
    let made = provisioners::create(&work, "Broadband", false).await?;
    work.commit().await?;
    Ok(made)
}

/// A unit of work of the operator for the organization.
pub async fn acting(app: &TestApp, organization: &str) -> Result<UnitOfWork> {
    let found = organization::Entity::named(organization).one(app.kernel.db.reader()).await?;
    let id: OrganizationId = found.with_context(|| format!("no {organization}"))?.id;
    Ok(UnitOfWork::new(app.kernel.clone(), Actor::system(id)))
}

fn new_order(provisioner: &vendor_provisioner::Model, waiting: Option<JobId>) -> NewOrder {
    NewOrder {
        provisioner: provisioner.id,
        kind: RequestType::NetNew,
        order: Some(ProvisioningId::new()),
        waiting,
        subscription: SubscriptionId::new(),
        quantity: Some(3),
        body: Body { company_name: Some("Doe Ltd".into()), ..Body::default() },
        service: None,
        details: RawJson::new(&json!({ "domain": { "value": "doe.example" } })).expect("JSON"),
    }
}

/// Where something of a request is.
fn of(request: &Value, rest: &str) -> String {
    format!("/provision-requests/{}{rest}", request["id"].as_str().unwrap())
}

/// Like it, of a stored request.
fn below(request: &vendor_request::Model, rest: &str) -> String {
    format!("/provision-requests/{}{rest}", request.id.0)
}

/// Checks the contract's envelope of refusals; returns what is wrong, field by field.
fn refused(answer: &Answer, status: u16) -> Vec<(String, String)> {
    assert_eq!(answer.status, status, "{}", answer.text);
    let body = answer.json();
    assert_eq!(body["status"], status, "{body}");
    assert!(body["error"].as_str().is_some_and(|text| !text.is_empty()), "{body}");
    assert!(body["message"].as_str().is_some_and(|text| !text.is_empty()), "{body}");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let details = body["details"].as_array().into_iter().flatten();
    details.map(|detail| (text(&detail["field"]), text(&detail["message"]))).collect()
}
