//! A platform that may deliver to loopback, with webhooks.

use super::{Caller, PATIENCE, Pairing, Receiver, TestApp};
use anyhow::{Context, Result, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use entities::{
    event,
    job::{self, JobState},
};
use harness::until;
use platform::config::Settings;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use std::time::Duration;

/// A webhook registered by a caller.
#[derive(Debug, Clone)]
pub struct Hook {
    /// The id.
    pub id: String,
    /// The secret that signs its deliveries.
    pub secret: String,
    /// The path of its operations.
    pub path: String,
}

/// The time from the first of these attempts to the last, as recorded by the platform: it does not depend on when a
/// receiver sees them.
pub fn spread(attempts: &[Value]) -> TimeDelta {
    let times =
        || attempts.iter().map(|one| one["sentAt"].as_str().unwrap().parse::<DateTime<Utc>>().unwrap());
    times().max().unwrap() - times().min().unwrap()
}

/// Allows calls to loopback.
pub fn allow_loopback(settings: &mut Settings) {
    settings.outbound.allow_http = true;
    settings.outbound.allowed_networks = vec!["127.0.0.0/8".parse().unwrap()];
}

impl TestApp {
    /// A platform with an API and one worker that may call loopback, with settings changed by the test. Delays between
    /// attempts are short, and a worker releases an endpoint soon.
    pub async fn delivering(pairing: Pairing, change: impl FnOnce(&mut Settings)) -> Result<(Self, Caller)> {
        let mut app = Self::new(pairing, |settings| {
            allow_loopback(settings);
            settings.webhooks.linger = Duration::from_millis(20);
            settings.webhooks.schedule = vec![Duration::from_millis(10); 3];
            // Held requests stay open until the test releases them, even on a slow machine.
            settings.webhooks.timeout = PATIENCE;
            change(settings);
        })
        .await?;
        app.work();
        let caller = app.serve().await?;
        Ok((app, caller))
    }

    /// Waits until no job runs: the clock can then be moved without expiring leases.
    pub async fn at_rest(&self) -> Result<()> {
        let running = job::Entity::find().filter(job::Column::State.eq(JobState::Running));
        let rests = async || Ok((running.clone().count(self.kernel.db.reader()).await? == 0).then_some(()));
        until("no job runs", PATIENCE, rests).await
    }

    /// Number of jobs of this kind, open or not.
    pub async fn jobs_of(&self, kind: &str) -> Result<u64> {
        let of = job::Entity::find().filter(job::Column::Kind.eq(kind));
        Ok(of.count(self.kernel.db.reader()).await?)
    }

    /// The events of this type.
    pub async fn events_of(&self, kind: &str) -> Result<Vec<event::Model>> {
        let of = event::Entity::find().filter(event::Column::Kind.eq(kind));
        Ok(of.all(self.kernel.db.reader()).await?)
    }
}

impl Caller {
    /// Registers a webhook for the event types `ticket.created` and `ticket.updated`, and the custom types `meter.read`
    /// and `meter.replaced`; `more` adds to the request's body and replaces its fields.
    pub async fn hook(&self, receiver: &Receiver, more: Value) -> Result<Hook> {
        let mut new = json!({
            "url": receiver.url(),
            "events": ["ticket.created", "ticket.updated"],
            "customEvents": ["meter.read", "meter.replaced"],
        });
        new.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        let answer = self.post("/api/v1/webhooks", &new).await?;
        ensure!(answer.status == 201, "{answer:?}");
        let data = &answer.json()["data"];
        let text = |name: &str| data[name].as_str().map(str::to_owned).context("a text");
        let id = text("id")?;
        Ok(Hook { path: format!("/api/v1/webhooks/{id}"), id, secret: text("secret")? })
    }

    /// Publishes a custom event; returns its id.
    pub async fn publish(&self, kind: &str, payload: Value) -> Result<String> {
        let body = json!({ "eventType": kind, "payload": payload });
        let answer = self.post("/api/v1/events", &body).await?;
        ensure!(answer.status == 202, "{answer:?}");
        Ok(answer.json()["data"]["eventId"].as_str().context("an id")?.to_owned())
    }

    /// Publishes this number of `meter.read` events, numbered `{ "n": 0 }` and so on; returns their ids.
    pub async fn publish_many(&self, count: usize) -> Result<Vec<String>> {
        let mut ids = vec![];
        for number in 0..count {
            ids.push(self.publish("meter.read", json!({ "n": number })).await?);
        }
        Ok(ids)
    }

    /// Gets the webhook.
    pub async fn shown(&self, hook: &Hook) -> Result<Value> {
        let answer = self.get(&hook.path).await?;
        ensure!(answer.status == 200, "{answer:?}");
        Ok(answer.json()["data"].take())
    }

    /// Gets the webhook, once `is` is true for it.
    pub async fn shown_when(&self, hook: &Hook, what: &str, is: impl Fn(&Value) -> bool) -> Result<Value> {
        until(what, PATIENCE, async || Ok(Some(self.shown(hook).await?).filter(&is))).await
    }

    /// The webhook's attempts, up to 100, those of the newest events first, once `is` is true for them.
    pub async fn attempts_when(
        &self,
        hook: &Hook,
        what: &str,
        is: impl Fn(&[Value]) -> bool,
    ) -> Result<Vec<Value>> {
        let path = format!("{}/deliveries?limit=100", hook.path);
        let attempts = async || {
            let found = self.get(&path).await?.json()["data"].as_array().cloned().context("a list")?;
            Ok(Some(found).filter(|found| is(found)))
        };
        until(what, PATIENCE, attempts).await
    }

    /// The webhook's attempts, up to 100, those of the newest events first, once none is pending and there are `count`
    /// of them.
    pub async fn attempts(&self, hook: &Hook, count: usize) -> Result<Vec<Value>> {
        let made = |all: &[Value]| all.len() == count && all.iter().all(|it| it["status"] != "pending");
        self.attempts_when(hook, &format!("{count} attempts"), made).await
    }

    /// Sends a POST without a body to an operation of the webhook: `pause`, `resume`.
    pub async fn tell(&self, hook: &Hook, what: &str) -> Result<()> {
        let request = self.request(reqwest::Method::POST, &format!("{}/{what}", hook.path));
        let answer = self.send(request).await?;
        ensure!(answer.status == 200, "{answer:?}");
        Ok(())
    }
}
