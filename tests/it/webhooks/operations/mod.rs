//! What a contract asks of its webhooks beyond those of the partner's: several secrets, updates, the log of all
//! endpoints, replays by filter. Called as its routes do, for the messaging contract.

mod log;
mod messaging;
mod replay;
mod secrets;
mod update;

use crate::app::{PATIENCE, Pairing, Receiver, TestApp, allow_loopback};
use anyhow::{Context, Result};
use entities::{
    endpoint,
    event::{self, Domain},
    ids::{EndpointId, EventId, OrganizationId},
};
use harness::until;
use kernel::{
    UnitOfWork,
    events::{self, Actor, Kind},
};
use platform::{Error, config::Settings};
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use uuid::Uuid;
use webhooks::{LogEntry, LogFilter, MadeEndpoint, NewEndpoint};

const CONTRACT: &str = "messaging";
const CREATED: &str = "customer.created";
const UPDATED: &str = "customer.updated";

/// A platform with an organization.
struct Fixture {
    app: TestApp,
    organization: OrganizationId,
}

impl Fixture {
    /// With a worker that delivers to loopback.
    async fn delivering(pairing: Pairing, change: impl FnOnce(&mut Settings)) -> Result<Self> {
        let (app, _) = TestApp::delivering(pairing, change).await?;
        Self::of(app).await
    }

    /// Without a worker.
    async fn resting(pairing: Pairing) -> Result<Self> {
        Self::of(TestApp::new(pairing, allow_loopback).await?).await
    }

    async fn of(app: TestApp) -> Result<Self> {
        let (key, _) = app.key_of("partner", "acme").await?;
        Ok(Self { app, organization: key.organization_id })
    }

    fn work(&self) -> UnitOfWork {
        UnitOfWork::new(self.app.kernel.clone(), Actor::system(self.organization))
    }

    /// The same of an organization that has nothing to do with it.
    async fn stranger(&self) -> Result<UnitOfWork> {
        let (key, _) = self.app.key_of("partner", "stranger").await?;
        Ok(UnitOfWork::new(self.app.kernel.clone(), Actor::system(key.organization_id)))
    }

    async fn register(&self, url: &str, types: &[&str]) -> Result<MadeEndpoint> {
        self.register_of(CONTRACT, url, types).await
    }

    async fn register_of(&self, contract: &'static str, url: &str, types: &[&str]) -> Result<MadeEndpoint> {
        let types = types.iter().map(|kind| (*kind).to_owned()).collect();
        let new = NewEndpoint { contract, url: url.into(), types, ..Default::default() };
        let work = self.work();
        let made = webhooks::register(&work, new).await?;
        work.commit().await?;
        Ok(made)
    }

    /// Registered for `customer.created`.
    async fn hook(&self, receiver: &Receiver) -> Result<MadeEndpoint> {
        self.register(&receiver.url(), &[CREATED]).await
    }

    fn event(&self, name: &str, payload: &Value) -> Result<event::Model> {
        let kind = Kind { domain: Domain::Messaging, name: CREATED };
        let actor = Actor::system(self.organization);
        let about = ("customer", Uuid::now_v7());
        let event = events::event(&actor, kind, about, payload, self.app.clock.now())?;
        Ok(event::Model { kind: name.into(), ..event })
    }

    async fn record(&self, name: &str) -> Result<EventId> {
        let event = self.event(name, &json!({ "n": 0 }))?;
        let id = event.id;
        self.app.kernel.enqueuer.record(event).await?;
        Ok(id)
    }

    async fn endpoint(&self, id: EndpointId) -> Result<endpoint::Model> {
        let found = endpoint::Entity::find_by_id(id).one(self.app.kernel.db.reader()).await?;
        found.context("no endpoint")
    }

    async fn log(&self, filter: LogFilter) -> Result<Vec<LogEntry>> {
        Ok(webhooks::log(&self.app.kernel, self.organization, CONTRACT, filter, 100).await?)
    }

    /// All attempts, newest first, once `is` holds of them.
    async fn log_when(&self, what: &str, is: impl Fn(&[LogEntry]) -> bool) -> Result<Vec<LogEntry>> {
        let log = async || Ok(Some(self.log(LogFilter::default()).await?).filter(|all| is(all)));
        until(what, PATIENCE, log).await
    }
}

/// The message of a conflict.
fn conflict<T: std::fmt::Debug>(result: platform::Result<T>) -> String {
    match result {
        Err(Error::Conflict { message, .. }) => message,
        other => panic!("{other:?}"),
    }
}

fn is_missing<T: std::fmt::Debug>(result: &platform::Result<T>, object: &str) -> bool {
    matches!(result, Err(Error::NotFound(missing)) if *missing == object)
}
