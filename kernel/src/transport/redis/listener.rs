//! One subscription a process, for all its queues.

use super::servers::Servers;
use crate::{
    error::{Dependency, Error, Result},
    retry::Outage,
    transport::{Nudge, Signals},
};
use entities::ids::JobId;
use futures::StreamExt;
use redis::{
    Value,
    aio::{PubSubSink, PubSubStream},
};
use serde_json::json;
use std::{
    sync::{Arc, Weak},
    time::Duration,
};

/// After so long without a message the server is asked whether it is still there: a host that is gone closes no
/// connection.
const QUIET: Duration = Duration::from_secs(5);

/// The message that a queue has something new.
pub(super) fn wake_message(queue: &str) -> String {
    format!("wake {queue}")
}

/// The message that somebody asked for a running job to stop.
pub(super) fn cancel_message(id: JobId) -> String {
    format!("cancel {id}")
}

/// The message that there is something new for whoever holds a job.
pub(super) fn nudge_message(nudge: &Nudge) -> String {
    match nudge {
        Nudge::Queued(organization) => format!("queued {organization}"),
        Nudge::Due(endpoint, one) => format!("due {endpoint} {}", json!(one)),
        Nudge::Changed(endpoint) => format!("changed {endpoint}"),
    }
}

/// The endpoint, and what is due there alone. Processes of before told of the endpoint alone.
fn due(message: &str) -> Option<Nudge> {
    let (endpoint, one) = message.split_once(' ').unwrap_or((message, "null"));
    Some(Nudge::Due(endpoint.parse().ok()?, serde_json::from_str(one).ok()?))
}

/// Passes messages on until the transport is dropped. While Redis is away, tries again; when it is back,
/// wakes everybody, since messages may have been missed. In a cluster every node passes on the messages of all.
pub(super) async fn listen(servers: Arc<Servers>, channel: String, signals: Weak<Signals>) {
    let mut outage = Outage::new();
    while signals.strong_count() > 0 {
        if let Err(error) = listen_once(&servers, &channel, &signals, &mut outage).await {
            outage.wait(&error).await;
        }
    }
}

async fn listen_once(
    servers: &Servers,
    channel: &str,
    signals: &Weak<Signals>,
    outage: &mut Outage,
) -> Result<()> {
    let (mut server, mut messages) = in_time(servers, subscribe(servers, channel)).await?;
    outage.over();
    signals.upgrade().inspect(|signals| signals.wake_all());
    while signals.strong_count() > 0 {
        match tokio::time::timeout(QUIET, messages.next()).await {
            Ok(Some(message)) => {
                let Some(signals) = signals.upgrade() else { return Ok(()) };
                dispatch(&message.get_payload::<String>()?, &signals);
            }
            Ok(None) => return Err(Error::unavailable(Dependency::Redis, "subscription ended")),
            Err(_) => drop(in_time(servers, async { Ok(server.ping::<Value>().await?) }).await?),
        }
    }
    Ok(())
}

async fn subscribe(servers: &Servers, channel: &str) -> Result<(PubSubSink, PubSubStream)> {
    let subscribed = async {
        let mut subscription = servers.server().await?.get_async_pubsub().await?;
        subscription.subscribe(channel).await?;
        Ok(subscription.split())
    };
    subscribed.await.map_err(|error| servers.refused(&error))
}

async fn in_time<T>(servers: &Servers, answer: impl Future<Output = Result<T>>) -> Result<T> {
    let answer = tokio::time::timeout(servers.response_timeout(), answer).await;
    answer.unwrap_or_else(|_| {
        Err(Error::unavailable(Dependency::Redis, "no answer to the subscription in time"))
    })
}

fn dispatch(message: &str, signals: &Signals) {
    match message.split_once(' ') {
        Some(("wake", queue)) => signals.wake(queue),
        Some(("queued", id)) => drop(id.parse().map(|id| signals.nudge(Nudge::Queued(id)))),
        Some(("due", what)) => drop(due(what).map(|nudge| signals.nudge(nudge))),
        Some(("changed", id)) => drop(id.parse().map(|id| signals.nudge(Nudge::Changed(id)))),
        Some(("cancel", id)) => drop(id.parse().map(|id| signals.cancel(id))),
        _ => tracing::warn!(message, "a signal that this version does not know"),
    }
}
