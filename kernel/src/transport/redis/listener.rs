//! One subscription a process, for all its queues.

use crate::{
    retry::Outage,
    transport::{Nudge, Signals},
};
use entities::ids::JobId;
use futures::StreamExt;
use redis::Client;
use serde_json::json;
use std::{sync::Weak, time::Duration};

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
/// wakes everybody, since messages may have been missed.
pub(super) async fn listen(client: Client, channel: String, signals: Weak<Signals>) {
    let mut outage = Outage::new();
    while signals.strong_count() > 0 {
        if let Err(error) = listen_once(&client, &channel, &signals, &mut outage).await {
            outage.wait(&error.into()).await;
        }
    }
}

async fn listen_once(
    client: &Client,
    channel: &str,
    signals: &Weak<Signals>,
    outage: &mut Outage,
) -> redis::RedisResult<()> {
    let mut subscription = client.get_async_pubsub().await?;
    subscription.subscribe(channel).await?;
    outage.over();
    signals.upgrade().inspect(|signals| signals.wake_all());
    let mut messages = subscription.on_message();
    loop {
        // The pause only serves to notice that the transport was dropped.
        match tokio::time::timeout(Duration::from_secs(5), messages.next()).await {
            Ok(Some(message)) => {
                let Some(signals) = signals.upgrade() else { return Ok(()) };
                dispatch(&message.get_payload::<String>()?, &signals);
            }
            Ok(None) => return Err((redis::ErrorKind::Io, "subscription ended").into()),
            Err(_) if signals.strong_count() == 0 => return Ok(()),
            Err(_) => {}
        }
    }
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
