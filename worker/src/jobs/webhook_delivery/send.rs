//! One attempt: signed, sent, classified, and converted to its record.

use crate::deliveries::Body;
use chrono::{DateTime, Utc};
use entities::{delivery::DeliveryState, endpoint};
use kernel::Kernel;
use platform::{
    Result,
    outbound::{Answer, Failure, HeaderMap, Limits, Url},
    retry,
};
use serde_json::value::RawValue;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use webhooks::{
    Attempt, Disposition, KEPT_ANSWER, PendingAttempt, Target, classify, shown_headers,
    wire::{self, format_of},
};

/// A sent attempt with its result.
pub(super) struct InFlightRequest {
    pub due: PendingAttempt,
    pub body: Arc<Body>,
    pub sent_at: DateTime<Utc>,
    pub took: Duration,
    pub headers: Box<RawValue>,
    pub made: std::result::Result<Answer, Failure>,
}

/// Prepares an attempt; the returned future sends it.
pub(super) fn launch(
    kernel: &Kernel,
    target: &Target,
    url: &Url,
    due: PendingAttempt,
    body: &Arc<Body>,
) -> Result<impl Future<Output = InFlightRequest> + Send + use<>> {
    let headers = headers(target, &due, body, kernel.clock.now())?;
    let shown = shown_headers(&headers)?;
    let limits = Limits { total: kernel.settings.webhooks.timeout, keep: KEPT_ANSWER };
    let (client, clock, organization) =
        (kernel.outbound.clone(), kernel.clock.clone(), target.record.organization_id);
    let (url, body) = (url.clone(), body.clone());
    Ok(async move {
        // Waiting for a slot does not count against the receiver's timeout.
        let slot = client.slot(organization, limits.total).await;
        let (sent_at, began) = (clock.now(), Instant::now());
        let made = match slot {
            Ok(slot) => client.post(slot, &url, headers, body.bytes.clone(), limits).await,
            Err(failure) => Err(failure),
        };
        InFlightRequest { due, body, sent_at, took: began.elapsed(), headers: shown, made }
    })
}

fn headers(target: &Target, due: &PendingAttempt, body: &Body, at: DateTime<Utc>) -> Result<HeaderMap> {
    let delivery = wire::Delivery {
        id: due.id,
        attempt: due.attempt,
        event: due.event_id,
        kind: &body.kind,
        sequence: due.sequence,
        secret_header: target.secret_header.as_ref(),
    };
    format_of(target.contract)?.headers(&delivery, &body.bytes, at, &target.secrets)
}

impl InFlightRequest {
    /// The failure, if it was a shortage of this process.
    pub(super) fn own_failure(&self) -> Option<&Failure> {
        self.made.as_ref().err().filter(|failure| failure.is_ours())
    }

    /// Classifies the result and returns its record.
    pub(super) fn into_attempt(self, kernel: &Kernel, endpoint: &endpoint::Model) -> (Disposition, Attempt) {
        let now = kernel.clock.now();
        let schedule = &kernel.settings.webhooks.schedule;
        let disposition = classify(&self.made, self.due.retry, schedule, retry::random(), now);
        let state = match disposition {
            Disposition::Delivered => DeliveryState::Success,
            Disposition::Retry(_) => DeliveryState::Retrying,
            Disposition::GivenUp | Disposition::Gone => DeliveryState::Failed,
        };
        let next_at = if let Disposition::Retry(pause) = disposition { Some(now + pause) } else { None };
        let base = Attempt {
            headers: Some(self.headers),
            took_ms: i32::try_from(self.took.as_millis()).unwrap_or(i32::MAX),
            next_at,
            ..base_attempt(&self.due, endpoint, state, self.sent_at)
        };
        let attempt = base.with(self.made);
        (disposition, attempt)
    }
}

/// The record of an attempt whose event has expired.
pub(super) fn expired(due: &PendingAttempt, endpoint: &endpoint::Model, now: DateTime<Utc>) -> Attempt {
    Attempt {
        error_class: Some("expired"),
        error: Some("the event has expired".into()),
        ..base_attempt(due, endpoint, DeliveryState::Failed, now)
    }
}

fn base_attempt(
    due: &PendingAttempt,
    endpoint: &endpoint::Model,
    state: DeliveryState,
    sent_at: DateTime<Utc>,
) -> Attempt {
    Attempt {
        id: due.id,
        endpoint_id: endpoint.id,
        event_id: due.event_id,
        sequence: due.sequence,
        attempt: due.attempt,
        retry: due.retry,
        priority: due.priority,
        state,
        sent_at,
        took_ms: 0,
        http_status: None,
        error_class: None,
        error: None,
        response: None,
        headers: None,
        next_at: None,
        is_watched: endpoint.provisioner_id.is_some(),
    }
}
