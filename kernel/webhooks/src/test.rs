//! Tests: sent immediately, with the result returned, without effect on the endpoint's numbers and health. They are in
//! the log of attempts, with number 0, after the last number at that time.

use super::{Attempt, KEPT_ANSWER, contract::contract_info, shown_headers, target};
use crate::wire::{Delivery, Event, format_of};
use bytes::Bytes;
use entities::{
    RawJson,
    delivery::{self, DeliveryState},
    endpoint, event,
    ids::DeliveryId,
};
use futures::{StreamExt, stream};
use http::HeaderMap;
use kernel::{
    Kernel,
    events::{self, Actor},
};
use platform::{
    error::{Dependency, Error, Result},
    outbound::{Answer, Failure, Limits, Url},
};
use sea_orm::{EntityTrait, IntoActiveModel};
use std::time::Duration;
use tokio::time::Instant;

/// The result of a test.
#[derive(Debug)]
pub struct Tested {
    /// The endpoint.
    pub endpoint: endpoint::Model,
    /// Whether it was delivered.
    pub delivered: bool,
    /// The answer's status.
    pub status: Option<u16>,
    /// The duration.
    pub took: Duration,
    /// The error.
    pub error: Option<String>,
}

/// The event to send.
#[derive(Debug, Clone, Copy)]
pub struct Test<'a> {
    /// The actor.
    pub actor: &'a Actor,
    /// The event's type.
    pub kind: &'a str,
    /// The payload.
    pub payload: &'a RawJson,
}

/// The number of a test among the deliveries of its endpoint; the others count from 1.
pub(super) const TEST_SEQUENCE: i64 = 0;
/// The number of its only attempt.
const FIRST: i32 = 1;
/// What events of tests are about.
const RESOURCE: &str = "test";
/// Number of endpoints tested concurrently.
const AT_ONCE: usize = 8;

/// Sends an event of this type to each of the endpoints only, a few at a time. Those not reached within four fifths of
/// the request timeout are reported as not tested. `Unavailable` on a shortage of this process.
pub async fn test(kernel: &Kernel, endpoints: Vec<endpoint::Model>, test: Test<'_>) -> Result<Vec<Tested>> {
    let until = Instant::now() + kernel.settings.http.request_timeout * 4 / 5;
    let tests = endpoints.into_iter().map(|endpoint| test_one(kernel, endpoint, test, until));
    let made: Vec<_> = stream::iter(tests).buffered(AT_ONCE).collect().await;
    // All together, after the last call.
    let logged: Vec<_> = made.iter().flatten().filter_map(|(_, logged)| logged.as_ref()).collect();
    log(kernel, &logged).await?;
    made.into_iter().map(|made| made.map(|(tested, _)| tested)).collect()
}

/// A completed attempt, its event, and the last number before it.
type Logged = (event::Model, Attempt, i64);

async fn test_one(
    kernel: &Kernel,
    endpoint: endpoint::Model,
    test: Test<'_>,
    until: Instant,
) -> Result<(Tested, Option<Logged>)> {
    if Instant::now() >= until {
        return Ok((Tested::not_made(endpoint, "not tested: others took too long"), None));
    }
    let Some(target) = target(kernel, endpoint.id).await? else {
        return Ok((Tested::not_made(endpoint, "the endpoint has just been removed"), None));
    };
    let (id, now) = (DeliveryId::new(), kernel.clock.now());
    let event = events::published(test.actor, test.kind, (RESOURCE, endpoint.id.0), test.payload, now)?;
    // Of the endpoint's contract, so that its log shows the type.
    let event = event::Model { domain: target.contract.domain, ..event };
    let body = format_of(contract_info(&endpoint.contract)?)?.body(&Event::from(&event))?;
    let delivery = Delivery {
        id,
        attempt: FIRST,
        event: event.id,
        kind: test.kind,
        sequence: TEST_SEQUENCE,
        secret_header: target.secret_header.as_ref(),
    };
    let headers = format_of(target.contract)?.headers(&delivery, &body, now, &target.secrets)?;
    let shown = shown_headers(&headers)?;
    let (made, took) = call(kernel, &endpoint, (headers, body.into()), until).await?;
    let attempt = Attempt {
        id,
        endpoint_id: endpoint.id,
        event_id: event.id,
        sequence: TEST_SEQUENCE,
        attempt: FIRST,
        retry: 0,
        priority: event.priority,
        state: state(&made)?,
        sent_at: now,
        took_ms: i32::try_from(took.as_millis()).unwrap_or(i32::MAX),
        http_status: None,
        error_class: None,
        error: None,
        response: None,
        headers: Some(shown),
        next_at: None,
        is_watched: false,
    };
    let attempt = attempt.with(made);
    let last = target.record.next_sequence - 1;
    Ok((Tested::of(endpoint, &attempt, took), Some((event, attempt, last))))
}

/// The result.
type SendResult = std::result::Result<Answer, Failure>;

/// Calls the endpoint within the timeout and the remaining time; returns the result and its duration. `Unavailable` on
/// a shortage of this process.
async fn call(
    kernel: &Kernel,
    endpoint: &endpoint::Model,
    (headers, body): (HeaderMap, Bytes),
    until: Instant,
) -> Result<(SendResult, Duration)> {
    let url = Url::parse(&endpoint.url).map_err(Error::internal)?;
    let left = || until.saturating_duration_since(Instant::now());
    let began = Instant::now();
    let made = async {
        let slot = kernel.outbound.slot(endpoint.organization_id, left()).await?;
        let limits = Limits { total: kernel.settings.webhooks.timeout.min(left()), keep: KEPT_ANSWER };
        kernel.outbound.post(slot, &url, headers, body, limits).await
    };
    Ok((made.await, began.elapsed()))
}

/// `Unavailable` where the fault is this process's own.
fn state(made: &SendResult) -> Result<DeliveryState> {
    match made {
        Err(failure) if failure.is_ours() => Err(Error::unavailable(Dependency::Host, failure)),
        Ok(answer) if answer.is_success() => Ok(DeliveryState::Success),
        _ => Ok(DeliveryState::Failed),
    }
}

/// Stores the attempts and their events, which are not fanned out.
async fn log(kernel: &Kernel, all: &[&Logged]) -> Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    let events: Vec<_> = all.iter().map(|(event, ..)| event).collect();
    let rows =
        all.iter().map(|(_, attempt, last)| row(attempt, *last).map(IntoActiveModel::into_active_model));
    let rows = rows.collect::<Result<Vec<_>>>()?;
    let transaction = kernel.db.begin().await?;
    events::insert_only(&transaction, &events).await?;
    delivery::Entity::insert_many(rows).exec_without_returning(&transaction).await?;
    Ok(transaction.commit().await?)
}

fn row(attempt: &Attempt, last: i64) -> Result<delivery::Model> {
    let headers =
        attempt.headers.as_deref().map(|headers| serde_json::from_str(headers.get())).transpose()?;
    Ok(delivery::Model {
        id: attempt.id,
        endpoint_id: attempt.endpoint_id,
        event_id: attempt.event_id,
        sequence: attempt.sequence,
        after_sequence: Some(last),
        attempt: attempt.attempt,
        retry: attempt.retry,
        priority: attempt.priority,
        state: attempt.state,
        due_at: attempt.sent_at,
        created_at: attempt.sent_at,
        sent_at: Some(attempt.sent_at),
        took_ms: Some(attempt.took_ms),
        http_status: attempt.http_status,
        error_class: attempt.error_class.map(str::to_owned),
        error: attempt.error.clone(),
        response: attempt.response.clone(),
        headers,
    })
}

impl Tested {
    fn of(endpoint: endpoint::Model, attempt: &Attempt, took: Duration) -> Self {
        Self {
            endpoint,
            delivered: attempt.state == DeliveryState::Success,
            status: attempt.http_status.and_then(|status| u16::try_from(status).ok()),
            took,
            error: attempt.error.clone(),
        }
    }

    fn not_made(endpoint: endpoint::Model, why: &str) -> Self {
        Self { endpoint, delivered: false, status: None, took: Duration::ZERO, error: Some(why.to_owned()) }
    }
}
