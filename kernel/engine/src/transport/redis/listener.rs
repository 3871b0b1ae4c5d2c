//! One subscription a process, for all its queues.

use crate::transport::{Signals, messages::Message};
use futures::StreamExt;
use platform::{
    error::{Dependency, Error, Result},
    redis_servers::Servers,
    retry::OutageBackoff,
};
use redis::{
    Value,
    aio::{PubSubSink, PubSubStream},
};
use std::{
    sync::{Arc, Weak},
    time::Duration,
};

/// After so long without a message the server is asked whether it is still there: a host that is gone closes no
/// connection.
const QUIET: Duration = Duration::from_secs(5);

/// Passes messages on until the transport is dropped. Reconnects after an outage of Redis, and then wakes everything,
/// because messages may have been missed. In a cluster every node passes on the messages of all.
pub(super) async fn listen(servers: Arc<Servers>, channel: String, signals: Weak<Signals>) {
    let mut outage = OutageBackoff::new();
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
    outage: &mut OutageBackoff,
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
    match Message::parse(message) {
        Some(Message::Wake(queue)) => signals.wake(&queue),
        Some(Message::Cancel(id)) => signals.cancel(id),
        Some(Message::Wakeup(wakeup)) => signals.wakeup(wakeup),
        None => tracing::warn!(message, "a signal that this version does not know"),
    }
}
