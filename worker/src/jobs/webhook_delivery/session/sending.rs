//! Sends attempts and handles their results.

use super::EndpointSession;
use crate::{
    deliveries::CompletedAttempt,
    jobs::webhook_delivery::{
        disable,
        send::{self, InFlightRequest},
    },
    outcome::Outcome,
};
use entities::ids::DeliveryId;
use platform::metrics;
use std::time::Duration;
use tokio::time::Instant;
use webhooks::{Attempt, Disposition, Health};

impl EndpointSession<'_> {
    /// Starts as many attempts as allowed.
    pub(super) fn launch(&mut self) -> Result<(), Outcome> {
        let kernel = &self.context.kernel;
        while self.may_send()
            && let Some((due, body)) = self.queue.pop_front()
        {
            self.rate_limiter.record_send(kernel.clock.now());
            let request = send::launch(kernel, &self.target, &self.url, due, &body)?;
            self.in_flight.push(Box::pin(request));
        }
        Ok(())
    }

    fn may_send(&self) -> bool {
        let under_way = if self.target.record.ordered {
            self.in_flight.len() + self.unwritten
        } else {
            self.in_flight.len()
        };
        under_way < self.slots() && self.pause().is_none()
    }

    /// The time until the first queued attempt may be sent; `None` if now.
    pub(super) fn pause(&self) -> Option<Duration> {
        self.rate_limiter.wait().max(self.until_due()).max(self.pause_left())
    }

    fn pause_left(&self) -> Option<Duration> {
        let pause_left = self.paused_until?.saturating_duration_since(Instant::now());
        (!pause_left.is_zero()).then_some(pause_left)
    }

    /// The time until the first queued attempt is due; ordered endpoints wait for it.
    pub(super) fn until_due(&self) -> Option<Duration> {
        let now = self.context.kernel.clock.now();
        self.queue
            .front()
            .and_then(|(due, _)| (due.due_at - now).to_std().ok())
            .filter(|wait| !wait.is_zero())
    }

    /// Whether the first queued attempt is due so late that another job should send it.
    pub(super) fn is_due_later(&self) -> bool {
        self.until_due().is_some_and(|wait| wait > self.context.kernel.settings.webhooks.linger)
    }

    /// Handles a finished attempt.
    pub(super) async fn complete(&mut self, request: InFlightRequest) -> Result<(), Outcome> {
        if let Some(failure) = request.own_failure() {
            self.paused_until = Some(Instant::now() + self.shortage.note("host", failure));
            self.requeue(request);
            return Ok(());
        }
        self.shortage.over();
        let kernel = &self.context.kernel;
        let (disposition, attempt) = request.into_attempt(kernel, &self.target.record);
        let (now, settings) = (kernel.clock.now(), &kernel.settings.webhooks);
        metrics::delivered(attempt.state, Duration::from_millis(attempt.took_ms.unsigned_abs().into()));
        if disposition == Disposition::Delivered {
            if self.target.health.is_on_trial() {
                self.rate_limiter.restart_slowly(now);
            }
            self.target.health.succeeded(now);
        } else {
            self.target.health.failed(now, settings);
            self.drop_stale_queue();
            if let Disposition::Retry(pause) = disposition {
                let due = Instant::now() + pause;
                self.check_at = Some(self.check_at.map_or(due, |before| before.min(due)));
            }
        }
        let is_failing = self.target.health.is_hopeless(now, settings);
        let last = (is_failing || disposition == Disposition::Gone).then(|| attempt.clone());
        self.write(attempt).await;
        let Some(last) = last else { return Ok(()) };
        let reason = if is_failing { "only failures for too long" } else { "the receiver answered 410 Gone" };
        disable(self.context, &self.target, reason, &last).await?;
        self.refresh().await
    }

    /// The receiver was not called: the attempt is the next one to make.
    fn requeue(&mut self, InFlightRequest { due, body, .. }: InFlightRequest) {
        self.queue.push_front((due, body));
    }

    /// After a failure the breaker may be open, and an ordered endpoint retries the failed one first: the queue is read
    /// again later.
    pub(super) fn drop_stale_queue(&mut self) {
        if self.target.record.ordered || self.end().is_some() {
            self.drop_queue();
        }
    }

    /// Drops the queue, to be read again.
    pub(super) fn drop_queue(&mut self) {
        for (due, _) in self.queue.drain(..) {
            self.known.remove(&due.id);
        }
        self.exhausted = false;
    }

    pub(super) async fn write(&mut self, attempt: Attempt) {
        self.unwritten += 1;
        let health: Health = self.target.health.clone();
        let made = CompletedAttempt { attempt, health, written: self.written.0.clone() };
        self.context.shared.deliveries.recorder.write(made).await;
    }

    pub(super) fn mark_written(&mut self, id: DeliveryId) {
        self.unwritten -= 1;
        self.known.remove(&id);
    }
}
