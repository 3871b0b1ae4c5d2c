//! Attempts made twice, because a worker had lost the endpoint without knowing it.

use crate::app::{Caller, Hook, Pairing, Receiver, TestApp, allow_loopback, both};
use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use entities::{delivery, delivery::DeliveryState, endpoint, ids::EndpointId};
use isp::vendors;
use sea_orm::EntityTrait;
use serde_json::json;
use webhooks::{Attempt, PendingAttempt};

both!(the_first_that_is_written_counts_also_within_one_batch);

/// An attempt that failed and is to be followed by another, and the same one that succeeded.
fn both_ways(endpoint: EndpointId, due: &PendingAttempt, now: DateTime<Utc>) -> [Attempt; 2] {
    let failed = Attempt {
        id: due.id,
        endpoint_id: endpoint,
        event_id: due.event_id,
        sequence: due.sequence,
        attempt: due.attempt,
        retry: due.retry,
        priority: due.priority,
        state: DeliveryState::Retrying,
        sent_at: now,
        took_ms: 1,
        http_status: Some(500),
        error_class: Some("status"),
        error: Some("the receiver answered 500".into()),
        response: None,
        headers: None,
        is_watched: false,
        next_at: Some(now),
    };
    let succeeded = Attempt {
        state: DeliveryState::Success,
        http_status: Some(200),
        error_class: None,
        error: None,
        next_at: None,
        ..failed.clone()
    };
    [failed, succeeded]
}

/// What is due after an event, which nobody sends here.
async fn due(app: &TestApp, caller: &Caller, hook: &Hook) -> Result<PendingAttempt> {
    caller.publish("meter.read", json!({})).await?;
    let id: EndpointId = hook.id.parse()?;
    let endpoint = endpoint::Entity::find_by_id(id).one(app.kernel.db.reader()).await?.context("none")?;
    let (db, now) = (&app.kernel.db, app.clock.now());
    webhooks::fan_out(db, endpoint.organization_id, &|_| true, true, now).await?;
    let due = webhooks::due(db.reader(), &endpoint, 10, now).await?;
    due.into_iter().max_by_key(|due| due.sequence).context("nothing is due")
}

/// The states of all attempts, from the first on.
async fn recorded(app: &TestApp, hook: &Hook, attempts: &[Attempt]) -> Result<Vec<DeliveryState>> {
    assert_eq!(
        webhooks::record(&app.kernel.db, attempts, &[], &vendors::KeepEnded, app.clock.now()).await?,
        1
    );
    let all = delivery::Entity::to(hook.id.parse()?).all(app.kernel.db.reader()).await?;
    let of_last = all.iter().filter(|row| row.event_id == attempts[0].event_id);
    let mut of_last: Vec<_> = of_last.map(|row| (row.attempt, row.state)).collect();
    of_last.sort_by_key(|(attempt, _)| *attempt);
    Ok(of_last.into_iter().map(|(_, state)| state).collect())
}

async fn the_first_that_is_written_counts_also_within_one_batch(pairing: Pairing) -> Result<()> {
    let mut app = TestApp::new(pairing, allow_loopback).await?;
    let caller = app.serve().await?;
    let hook = caller.hook(&Receiver::start().await?, json!({})).await?;
    let endpoint = hook.id.parse()?;
    let [failed, succeeded] = both_ways(endpoint, &due(&app, &caller, &hook).await?, app.clock.now());
    let states = recorded(&app, &hook, &[failed, succeeded]).await?;
    assert_eq!(states, [DeliveryState::Retrying, DeliveryState::Pending]);
    let [failed, succeeded] = both_ways(endpoint, &due(&app, &caller, &hook).await?, app.clock.now());
    assert_eq!(recorded(&app, &hook, &[succeeded, failed]).await?, [DeliveryState::Success]);
    app.stop_workers().await
}
