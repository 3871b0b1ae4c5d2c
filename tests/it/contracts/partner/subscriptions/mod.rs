//! `/api/v1/subscriptions`, and the commands about plans.

mod at_once;
mod charged;
mod commands;
mod events;
mod money;
mod ordered;
mod other_plans;
mod planned;
mod played;
mod states;

use super::{customer, network::operator};
use crate::app::{Answer, Caller, Pairing, TestApp};
use anyhow::{Context, Result, ensure};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use entities::{
    customer::{Address, CustomerType},
    ids::SubscriptionId,
    plan::standard,
};
use isp::lifecycle;
use isp::{
    charges::{Discount, Promotion},
    customers::{self, NewCustomer},
    promotions,
    subscriptions::NewSubscription,
};
use kernel::UnitOfWork;
use serde_json::{Value, json};

/// A platform with a customer of the caller.
struct Ground {
    app: TestApp,
    caller: Caller,
    customer: String,
}

impl Ground {
    /// Without a worker.
    async fn new(pairing: Pairing) -> Result<Self> {
        let mut app = TestApp::new(pairing, |_| {}).await?;
        let caller = app.serve().await?;
        let made = caller.post("/api/v1/customers", &customer("john@example.com")).await?.json();
        let customer = made["data"]["id"].as_str().context("an id")?.to_owned();
        Ok(Self { app, caller, customer })
    }

    /// Has a worker do what is left to do: what begins by its date is provisioned, say.
    async fn drain(mut self) -> Result<()> {
        self.app.work();
        self.app.drain().await
    }

    /// A time so many seconds from now, as it is sent.
    fn at(&self, seconds: i64) -> String {
        shown(self.app.clock.now() + TimeDelta::seconds(seconds))
    }

    async fn order(&self, tier: &str, more: Value) -> Result<Answer> {
        let mut new = json!({ "customerId": self.customer, "serviceTier": tier });
        new.as_object_mut().context("an object")?.extend(more.as_object().cloned().unwrap_or_default());
        self.caller.post("/api/v1/subscriptions", &new).await
    }

    /// Orders a subscription that is active since now; where it is.
    async fn active(&self, tier: &str) -> Result<String> {
        let answer = self.order(tier, json!({ "alreadyInstalled": true })).await?;
        ensure!(answer.status == 201 && answer.json()["data"]["status"] == "ACTIVE", "{answer:?}");
        Ok(answer.header("location").trim_start_matches("/partner").to_owned())
    }

    async fn get(&self, path: &str) -> Result<Value> {
        let answer = self.caller.get(path).await?;
        ensure!(answer.status == 200, "{answer:?}");
        Ok(answer.json()["data"].take())
    }

    /// What an operation on a subscription has done.
    async fn done(&self, path: &str, what: &str, body: Value) -> Result<Value> {
        let answer = self.caller.post(&format!("{path}/{what}"), &body).await?;
        ensure!(answer.status == 200, "{what} {body}: {answer:?}");
        Ok(answer.json()["data"].take())
    }

    /// The fields that an operation on a subscription calls wrong.
    async fn wrong(&self, path: &str, what: &str, body: Value) -> Result<String> {
        let answer = self.caller.post(&format!("{path}/{what}"), &body).await?;
        ensure!(answer.status == 400, "{what} {body}: {answer:?}");
        let errors = &answer.json()["details"]["errors"];
        Ok(format!("{}: {}", text(&errors[0]["field"]), text(&errors[0]["message"])))
    }

    /// A unit of work of the platform.
    async fn work(&self) -> Result<UnitOfWork> {
        operator(&self.app).await
    }

    async fn count(&self, event: &str) -> Result<usize> {
        Ok(self.app.events_of(&format!("subscription.{event}")).await?.len())
    }
}

fn id(path: &str) -> Result<SubscriptionId> {
    path.rsplit('/').next().context("no id")?.parse().ok().context("no id")
}

fn shown(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A code with a permanent discount.
fn code(code: &str) -> Promotion {
    let discount = Discount::Percent(20.into());
    Promotion { code: code.into(), discount, months: None, from: None, until: None }
}

/// The code that the document's examples name, and a subscription that is active.
pub async fn for_sale(work: &UnitOfWork) -> Result<()> {
    promotions::add(work, code("WINTER2026")).await?;
    let customer = customers::create(work, somebody()).await?.id;
    let new = NewSubscription {
        customer,
        plan: standard::RESIDENTIAL_500,
        start_date: None,
        already_installed: true,
        promotion_code: None,
        metadata: None,
    };
    lifecycle::create(work, new).await?;
    Ok(())
}

fn somebody() -> NewCustomer {
    NewCustomer {
        email: "subscriber@example.com".into(),
        first_name: "John".into(),
        last_name: "Doe".into(),
        phone: None,
        kind: CustomerType::Individual,
        company_name: None,
        service_address: Address {
            street1: "123 Main Street".into(),
            street2: None,
            city: "Escondido".into(),
            state: "CA".into(),
            zip: "92025".into(),
            country: "US".into(),
        },
        billing_address: None,
        metadata: None,
    }
}
